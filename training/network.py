"""A network with one hidden layer over the vectors, trained with labels that are partly unknown. Plain NumPy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SCALE = 8.0
"""Vectors of length 1 have entries near 0.05: brought up, the first steps move."""
DROP = 0.2
BATCH = 256
RATE = 2e-3
DECAY = 1e-3
BOUNDS = (0.2, 10.0)
"""Least and greatest weight of a positive label against a negative one."""


@dataclass(frozen=True, slots=True)
class Network:
    """Weights as `Heads` keeps them."""

    hidden: Array
    hidden_bias: Array
    output: Array
    output_bias: Array

    def __call__(self, vectors: Array) -> Array:
        """[n, C] outputs."""
        found: Array = np.maximum(vectors @ self.hidden + self.hidden_bias, 0) @ self.output + self.output_bias
        return found


def fit(vectors: Array, labels: Array, units: int, epochs: int, seed: int) -> Network:
    """Adam with a cosine schedule, dropout, and decay of the weights; unknown labels do not count."""
    rng = np.random.default_rng(seed)
    inputs = (vectors * SCALE).astype(np.float32)
    width, categories = vectors.shape[1], labels.shape[1]
    known = (labels >= 0).astype(np.float32)
    targets = np.maximum(labels, 0).astype(np.float32)
    positive = (targets * known).sum(axis=0)
    ratio = np.clip((known.sum(axis=0) - positive) / np.maximum(positive, 1), *BOUNDS)
    weights = known * np.where(targets > 0, ratio, 1).astype(np.float32)
    parameters = [
        rng.normal(0, (2 / width) ** 0.5, (width, units)).astype(np.float32),
        np.zeros(units, np.float32),
        rng.normal(0, (1 / units) ** 0.5, (units, categories)).astype(np.float32),
        np.zeros(categories, np.float32),
    ]
    first = [np.zeros_like(parameter) for parameter in parameters]
    second = [np.zeros_like(parameter) for parameter in parameters]
    batches = max(1, len(inputs) // BATCH)
    order = np.arange(len(inputs))
    for step in range(epochs * batches):
        if step % batches == 0:
            order = rng.permutation(len(inputs))
        chosen = order[step % batches * BATCH : (step % batches + 1) * BATCH]
        gradients = _gradients(parameters, inputs[chosen], targets[chosen], weights[chosen], rng)
        rate = np.float32(RATE * 0.5 * (1 + np.cos(np.pi * step / (epochs * batches))))
        even, odd = np.float32(1 - 0.9 ** (step + 1)), np.float32(1 - 0.999 ** (step + 1))
        for index, gradient in enumerate(gradients):
            first[index] += np.float32(0.1) * (gradient - first[index])
            second[index] += np.float32(0.001) * (gradient * gradient - second[index])
            move = first[index] / even / (np.sqrt(second[index] / odd) + np.float32(1e-8))
            if parameters[index].ndim == 2:
                move += np.float32(DECAY) * parameters[index]
            parameters[index] -= rate * move
    return Network(parameters[0] * np.float32(SCALE), *parameters[1:])


def _gradients(
    parameters: list[Array], inputs: Array, targets: Array, weights: Array, rng: np.random.Generator
) -> list[Array]:
    hidden, hidden_bias, output, output_bias = parameters
    before = inputs @ hidden + hidden_bias
    kept = (rng.random(before.shape, np.float32) > DROP) * np.float32(1 / (1 - DROP))
    active = np.maximum(before, 0) * kept
    chances = 1 / (1 + np.exp(-np.clip(active @ output + output_bias, -30, 30)))
    error = ((chances - targets) * weights / np.float32(len(inputs))).astype(np.float32)
    back = (error @ output.T) * kept * (before > 0)
    return [inputs.T @ back, back.sum(axis=0), active.T @ error, error.sum(axis=0)]


def join(networks: list[Network]) -> Network:
    """One network that answers the mean of several: their hidden units side by side."""
    count = np.float32(len(networks))
    return Network(
        np.concatenate([one.hidden for one in networks], axis=1),
        np.concatenate([one.hidden_bias for one in networks]),
        np.concatenate([one.output for one in networks]) / count,
        np.sum([one.output_bias for one in networks], axis=0) / count,
    )

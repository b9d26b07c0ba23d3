"""From a classifier's outputs to our categories and signals, as its card says."""

import math
from collections.abc import Mapping, Sequence

from sluice.errors import TerminalError

ACTIVATIONS = ("none", "softmax", "sigmoid")
_SLACK = 1e-3
"""What rounding may add to a probability."""


def activate(kind: str, row: Sequence[float]) -> list[float]:
    """Probabilities from one row of outputs: "softmax" over the row, "sigmoid" of each, or "none" as they are.

    Raises TerminalError where a value is not a finite number: what is not a number would compare as "below" every
    threshold.
    """
    if not all(math.isfinite(value) for value in row):
        raise TerminalError("the model's outputs are not finite numbers")
    if kind == "softmax":
        top = max(row)
        raised = [math.exp(value - top) for value in row]
        whole = sum(raised)
        return [value / whole for value in raised]
    if kind == "sigmoid":
        return [_sigmoid(value) for value in row]
    return list(row)


def combine(
    groups: Mapping[str, Mapping[str, float]], labels: Sequence[str], probabilities: Sequence[float]
) -> dict[str, float]:
    """Per group the weighted sum of its labels' probabilities, at most 1.

    `probabilities` are in the order of `labels`. Raises TerminalError where they are not numbers from 0 to 1: a score
    that is not a number would compare as "below" every threshold.
    """
    if not all(-_SLACK <= value <= 1 + _SLACK for value in probabilities):
        raise TerminalError("the model's probabilities are not numbers from 0 to 1")
    found = dict(zip(labels, probabilities, strict=True))
    return {
        group: min(1.0, max(0.0, sum(weight * found[label] for label, weight in weights.items())))
        for group, weights in groups.items()
    }


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    raised = math.exp(value)
    return raised / (1 + raised)

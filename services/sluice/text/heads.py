"""From a vector and n-grams to a score per category: the part of the text model that we train."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.errors import NotReadyError
from sluice.text import arrays
from sluice.text.ngrams import BUCKETS, Sparse, vector

Floats = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Heads:
    """Weights for C categories and H hidden units.

    A small network reads the vector, a linear model the n-grams. Their outputs are brought to equal spread, mixed per
    category, and calibrated by a logistic curve: `sigmoid(slope * (mix * a + (1 - mix) * b) + offset)`.
    """

    categories: npt.NDArray[np.str_]
    """[C], as policies name them."""
    hidden: Floats
    """[1536, H]"""
    hidden_bias: Floats
    """[H]"""
    output: Floats
    """[H, C]"""
    output_bias: Floats
    """[C]"""
    ngrams: Floats
    """[BUCKETS, C]"""
    ngrams_bias: Floats
    """[C]"""
    rarity: Floats
    """[BUCKETS], the weight of a bucket by how few texts hit it."""
    spread: Floats
    """[2, C], what the network's and the n-grams' outputs are divided by."""
    mix: Floats
    """[C], the network's share."""
    slope: Floats
    """[C]"""
    offset: Floats
    """[C]"""

    def sparse(self, text: str) -> Sparse:
        """The n-grams of a text, weighted as these heads were trained."""
        return vector(text, self.rarity)

    def outputs(self, vectors: Floats, sparse: Sequence[Sparse]) -> tuple[Floats, Floats]:
        """([n, C], [n, C]): what the network and the n-grams say, before spread and mix."""
        network = np.maximum(vectors @ self.hidden + self.hidden_bias, 0) @ self.output + self.output_bias
        linear = np.stack([one.values @ self.ngrams[one.buckets] + self.ngrams_bias for one in sparse])
        return network, linear

    def scores(self, vectors: Floats, sparse: Sequence[Sparse]) -> Floats:
        """[n, C] in 0..1 for n texts."""
        network, linear = self.outputs(vectors, sparse)
        mixed = self.mix * network / self.spread[0] + (1 - self.mix) * linear / self.spread[1]
        found: Floats = 1 / (1 + np.exp(-np.clip(self.slope * mixed + self.offset, -30, 30)))
        return found

    def save(self, path: Path) -> None:
        """Writes an .npz in one step; weights as float16. The same heads give the same bytes."""
        arrays.save(self, path)

    @classmethod
    def load(cls, path: Path) -> "Heads":
        """Reads what `save` wrote. Raises NotReadyError where the file is not heads for this code."""
        heads = arrays.load(cls, path)
        if heads.ngrams.shape != (BUCKETS, len(heads.categories)):
            raise NotReadyError(f"{path.name} was trained for other n-grams than this version computes")
        return heads

"""Heads on n-grams alone: for a language that the encoder does not know."""

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
class NgramHeads:
    """Weights for C categories: a logistic regression each, with a curve of its own over its output."""

    categories: npt.NDArray[np.str_]
    """[C], as policies name them."""
    ngrams: Floats
    """[BUCKETS, C]"""
    ngrams_bias: Floats
    """[C]"""
    rarity: Floats
    """[BUCKETS], the weight of a bucket by how few texts hit it."""
    slope: Floats
    """[C]"""
    offset: Floats
    """[C]"""

    def sparse(self, text: str) -> Sparse:
        """The n-grams of a text, weighted as these heads were trained."""
        return vector(text, self.rarity)

    def scores(self, sparse: Sequence[Sparse]) -> Floats:
        """[n, C] in 0..1 for n texts."""
        linear = np.stack([one.values @ self.ngrams[one.buckets] + self.ngrams_bias for one in sparse])
        found: Floats = 1 / (1 + np.exp(-np.clip(self.slope * linear + self.offset, -30, 30)))
        return found

    def save(self, path: Path) -> None:
        """Writes an .npz in one step; weights as float16. The same heads give the same bytes."""
        arrays.save(self, path)

    @classmethod
    def load(cls, path: Path) -> "NgramHeads":
        """Reads what `save` wrote. Raises NotReadyError where the file is not heads for this code."""
        heads = arrays.load(cls, path)
        if heads.ngrams.shape != (BUCKETS, len(heads.categories)):
            raise NotReadyError(f"{path.name} was trained for other n-grams than this version computes")
        return heads

"""From a vector and n-grams to a score per category: the part of the text model that we train."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.errors import NotReadyError
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
    """[384, H]"""
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
        packed: dict[str, Any] = {field.name: _packed(getattr(self, field.name)) for field in fields(self)}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **packed)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Heads":
        """Reads what `save` wrote. Raises NotReadyError where the file is not heads for this code."""
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                arrays = {field.name: file[field.name] for field in fields(cls)}
        except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise NotReadyError(f"{path.name} does not hold text heads ({type(error).__name__})") from error
        heads = cls(**{name: a if a.dtype.kind == "U" else a.astype(np.float32) for name, a in arrays.items()})
        if heads.ngrams.shape != (BUCKETS, len(heads.categories)):
            raise NotReadyError(f"{path.name} was trained for other n-grams than this version computes")
        return heads


def _packed(value: Floats) -> Floats:
    """float16 for big arrays; names and the few numbers of a calibration stay as they are."""
    if value.dtype.kind == "U":
        return value
    return value.astype(np.float16 if value.size > 4096 else np.float32)

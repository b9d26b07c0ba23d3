"""Rows as numbers: one sample per window, with vectors, n-grams and labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sluice.models.engine import Engine
from sluice.text.encoder import embed
from sluice.text.ngrams import BUCKETS, Sparse, vectors
from sluice.text.windows import Window, Windows
from training.rows import CATEGORIES, Row

MOST_SAFE_WINDOWS = 8
"""Windows taken of a long safe text, evenly spread: each of them is safe. Of an unsafe one only the first is taken,
since nobody says where the unsafe part is."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Samples:
    """N samples of M rows."""

    rows: Sequence[Row]
    """[M]"""
    row: Array
    """[N], which row a sample is of, ascending."""
    vectors: Array
    """[N, 1536]"""
    counts: csr_matrix
    """[N, BUCKETS], n-grams before rarity, each row of length 1."""
    labels: Array
    """[N, C] int8: 1, 0, or -1 where unknown."""

    def weighted(self, rarity: Array) -> csr_matrix:
        """The n-grams as heads with this rarity see them."""
        scaled = csr_matrix(self.counts.multiply(rarity))
        lengths = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        scaled.data = scaled.data / np.repeat(np.maximum(lengths, 1e-12), np.diff(scaled.indptr))
        return scaled


async def prepare(rows: Sequence[Row], windows: Windows, engine: Engine) -> Samples:
    """Cuts, embeds and hashes the rows. About 5 ms a sample on one core, nearly all of it the encoder's."""
    pieces: list[Window] = []
    owner: list[int] = []
    for index, row in enumerate(rows):
        taken = _spread(windows.cut(row.text), MOST_SAFE_WINDOWS if row.unsafe is False else 1)
        pieces += taken
        owner += [index] * len(taken)
    labels = np.full((len(pieces), len(CATEGORIES)), -1, np.int8)
    for sample, index in enumerate(owner):
        for column, name in enumerate(CATEGORIES):
            if name in rows[index].labels:
                labels[sample, column] = rows[index].labels[name]
    sparse = vectors([piece.text for piece in pieces])
    return Samples(rows, np.array(owner), await embed(engine, pieces), _matrix(sparse), labels)


def _spread(pieces: Sequence[Window], most: int) -> list[Window]:
    """At most `most` of them, the first one among them."""
    step = max(1.0, len(pieces) / most)
    return [pieces[int(number * step)] for number in range(min(most, len(pieces)))]


def _matrix(sparse: Sequence[Sparse]) -> csr_matrix:
    ends = np.cumsum([0, *(len(one.buckets) for one in sparse)])
    values = np.concatenate([one.values for one in sparse])
    buckets = np.concatenate([one.buckets for one in sparse])
    return csr_matrix((values, buckets, ends), shape=(len(sparse), BUCKETS))


def rarity_of(counts: csr_matrix) -> Array:
    """[BUCKETS]: 1 + log((N + 1) / (n + 1)), n the samples that hit a bucket. Kept to float16, as heads are saved."""
    hit = np.bincount(counts.indices, minlength=BUCKETS)
    rarity: Array = (1 + np.log((counts.shape[0] + 1) / (hit + 1))).astype(np.float16).astype(np.float32)
    return rarity

"""The index that others use finds the same."""

from pathlib import Path

import faiss
import numpy as np

from sluice.hashes.engine import engines
from tests.unit.hash_files import array, opened, random_hashes, turned


def test_as_faiss_multi_hash_and_faiss_flat(tmp_path: Path) -> None:
    hashes = random_hashes(20_000, 3)
    queries = array([turned(one, number % 41, number) for number, one in enumerate(hashes[:410])])
    stored = array(hashes)
    multi, flat = faiss.IndexBinaryMultiHash(256, 16, 16), faiss.IndexBinaryFlat(256)
    multi.nflip = 1
    for index in (multi, flat):
        index.add(stored)
    for engine in engines():
        snapshot = opened(tmp_path / "hashes", hashes, engine)
        matches = snapshot.match_batch(queries, 31)
        rows = [snapshot.entries_of(row)[0] for row in matches.row.tolist()]
        ours = set(zip(matches.query.tolist(), rows, matches.distance.tolist(), strict=True))
        assert len(ours) == len(matches) == 320
        for index in (multi, flat):
            # Its radius is exclusive.
            limits, distances, numbers = index.range_search(queries, 32)
            asked = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64)))
            theirs = set(zip(asked.tolist(), numbers.tolist(), distances.astype(int).tolist(), strict=True))
            assert ours == theirs

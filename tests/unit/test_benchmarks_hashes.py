"""The benchmark of known hashes measures what it says."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.hashes.__main__ import main
from benchmarks.hashes.inputs import FARTHEST, RUN, Inputs
from benchmarks.hashes.measure import Measured, ratio, recall
from benchmarks.hashes.sides import Pairs
from sluice.hashes.sections import Bytes
from sluice.hashing import hamming


def test_runs_are_made_anew_and_alike() -> None:
    inputs = Inputs(RUN + 10)
    first, again = list(inputs.runs()), list(inputs.runs())
    assert [len(run) for run in first] == [RUN, 10]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert len(np.unique(np.concatenate(first), axis=0)) == RUN + 10
    ids = [one for entries in inputs.entries() for one in entries.ids]
    assert (ids[0], ids[-1]) == (b"0000000000", b"0000065545")


def test_every_second_query_is_planted_at_each_distance_in_turn() -> None:
    inputs = Inputs(500)
    stored = [one.tobytes() for one in next(inputs.runs())]
    queries = inputs.queries(2 * (FARTHEST + 1))
    nearest = [min(hamming(query.tobytes(), one) for one in stored) for query in queries]
    assert nearest[::2] == list(range(FARTHEST + 1))
    assert min(nearest[1::2]) > FARTHEST


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    assert ratio(Measured([10.0, 40.0, 90.0]), Measured([1.0, 2.0, 3.0])) == 20.0


class Known:
    """Finds what it was told."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    def search(self, queries: Bytes) -> object:
        return queries

    def pairs(self, queries: Bytes) -> Pairs:
        return {pair for pair in self._pairs if pair[0] < len(queries)}


def test_recall_counts_what_is_missed_and_what_is_made_up() -> None:
    truth = {(0, 1, 2), (1, 1, 5), (9, 9, 9)}
    assert recall(Known({(0, 1, 2), (1, 7, 5)}), truth, np.zeros((2, 32), np.uint8)) == (0.5, 1)
    assert recall(Known(truth), truth, np.zeros((2, 32), np.uint8)) == (1.0, 0)


def test_the_last_line_has_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--size", "5000", "--rounds", "1", "--folder", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["size"], found["recall"], found["made_up"], found["pairs"]) == (5000, 1.0, 0, 800)
    assert found["bytes_per_hash"] == pytest.approx(128 + 16 * 65_537 * 4 / 5000, abs=0.01)
    assert min(found[f"ratio_vs_{name}"] for name in ("faiss_multihash", "faiss_flat", "brute_force")) > 0
    assert list(tmp_path.iterdir()) == []

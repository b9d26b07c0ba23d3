"""Entries read back from a file of hashes: in any runs, a file built of them is the same."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sluice.hashes import export
from sluice.hashes.build import build
from sluice.hashes.compact import columns
from sluice.hashes.engine import engines
from sluice.hashes.entries import Entries
from sluice.hashes.export import Ids, runs
from sluice.hashes.layout import decode
from sluice.hashes.mapped import mapped
from sluice.hashes.sections import Contents, Shorts, read
from tests.unit.hash_store import Pictures


def contents(path: Path) -> Contents:
    data = mapped(path)
    return read(data, decode(data))


def made(count: int, seed: int = 3) -> Entries:
    pictures = Pictures(seed)
    return columns([(number % 3, pictures.listed(f"{'x' * (number % 5)}{number}")) for number in range(count)])


@pytest.mark.parametrize("engine", [engines()[0], engines()[-1]])
@pytest.mark.parametrize("run", [1, 7, 1000])
def test_a_file_built_of_what_was_read_back_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, run: int
) -> None:
    first = build(tmp_path / "first", [made(60)])
    monkeypatch.setattr(export, "RUN", run)
    again = build(tmp_path / "again", runs(contents(tmp_path / "first"), range(3), engine=engine), engine=engine)
    assert (again.entries, again.digest) == (60, first.digest)


def test_banks_get_their_new_numbers_and_some_entries_stay_behind(tmp_path: Path) -> None:
    build(tmp_path / "first", [made(60)])

    def keep(banks: Shorts, ids: Ids) -> npt.NDArray[np.bool_]:
        return np.asarray((banks != 1) & (ids != b"x6"), np.bool_)

    found = list(runs(contents(tmp_path / "first"), [5, 6, 7], keep))
    ids = [one.decode() for run in found for one in np.asarray(run.ids).tolist()]
    banks = [number for run in found for number in run.bank_numbers().tolist()]
    wanted = [number for number in range(60) if number % 3 != 1 and number != 6]
    assert ids == [f"{'x' * (number % 5)}{number}" for number in wanted]
    assert banks == [5 + number % 3 for number in wanted]


def test_an_empty_file_has_nothing(tmp_path: Path) -> None:
    build(tmp_path / "empty", [])
    assert list(runs(contents(tmp_path / "empty"), [])) == []

"""The extension and NumPy take the same steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.hashes.engine import engines, native
from sluice.hashes.permutation import permutation
from sluice.hashes.sections import BANDS, OFFSETS
from sluice.hashes.steps import Steps
from tests.unit.hash_files import array, random_hashes

NUMPY = Steps(None, permutation())
BYTE = st.integers(0, 255) | st.sampled_from([0, 1, 255])


def steps(engine: str) -> Steps:
    return Steps(native(engine), permutation())


every_engine = pytest.mark.parametrize("engine", [engines()[0], engines()[-1]])


@every_engine
@given(hashes=st.lists(st.binary(min_size=32, max_size=32), max_size=20))
def test_permuting(engine: str, hashes: list[bytes]) -> None:
    assert np.array_equal(steps(engine).permute(array(hashes)), NUMPY.permute(array(hashes)))


@every_engine
@pytest.mark.parametrize("size", [16, 20, 32])
@given(data=st.data())
def test_ordering_is_by_bytes_and_stable(engine: str, size: int, data: st.DataObject) -> None:
    cell = st.lists(BYTE, min_size=size, max_size=size).map(bytes)
    digests = data.draw(st.lists(cell | st.sampled_from([bytes(size), b"\1" + bytes(size - 1)]), max_size=20))
    order = steps(engine).order(array(digests, size))
    assert order.tolist() == sorted(range(len(digests)), key=lambda number: digests[number])


@every_engine
def test_a_table_has_each_row_in_the_bucket_of_its_band(engine: str) -> None:
    rows = array(random_hashes(2_000)).view("<u8")
    words = rows.view("<u2")
    for band in range(BANDS):
        table = steps(engine).table(rows, band)
        assert len(table.offsets) == OFFSETS
        buckets = np.searchsorted(table.offsets, np.arange(len(rows), dtype=np.uint32), side="right") - 1
        assert np.array_equal(buckets, words[table.rows, band])
        assert np.array_equal(table.fingerprints, words[table.rows, (band + 1) % BANDS])
        assert sorted(table.rows.tolist()) == list(range(len(rows)))

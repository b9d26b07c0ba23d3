"""Memory that another process can map as long as its name is there, and that leaves nothing behind."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from sluice.errors import NotReadyError
from sluice.models.shared_memory import FOLDER, Region


def test_what_is_put_is_what_another_process_reads() -> None:
    region = Region(slots=2, slot_bytes=64)
    path = FOLDER / region.key.removeprefix("/")
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("rb") as file, mmap.mmap(file.fileno(), region.size, prot=mmap.PROT_READ) as seen:
        region.forget_name()
        assert not path.exists()
        offset = region.take()
        assert offset is not None
        values = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
        region.put(offset, values[::-1])
        assert seen[offset : offset + 12] == bytes([*range(6, 12), *range(6)])


def test_slots_are_handed_out_once_until_they_are_given_back() -> None:
    region = Region(slots=3, slot_bytes=4096)
    region.forget_name()
    taken = [region.take() for _ in range(4)]
    assert sorted(each for each in taken if each is not None) == [0, 4096, 8192]
    assert taken[3] is None
    region.give(4096)
    assert region.take() == 4096


def test_what_there_is_no_room_for_is_refused_before_anything_is_written() -> None:
    before = set(Path(FOLDER).iterdir())
    with pytest.raises(NotReadyError, match=r"no room for .* set SLUICE_TRITON_SHARED_MEMORY=0"):
        Region(slots=1, slot_bytes=1 << 50)
    assert set(Path(FOLDER).iterdir()) <= before

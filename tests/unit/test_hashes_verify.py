"""Reading a whole file finds every damage."""

import random
from pathlib import Path

import pytest

from sluice.hashes.build import build
from sluice.hashes.entries import Column, Entries
from sluice.hashes.layout import HashFileError, decode
from sluice.hashes.sections import DIGEST_BYTES
from sluice.hashes.snapshot import Snapshot
from tests.unit.hash_files import array, random_hashes


def written(path: Path) -> bytes:
    hashes = random_hashes(50)
    known = {kind: Column.of_all(array([one[:size] for one in hashes], size)) for kind, size in DIGEST_BYTES.items()}
    build(path, [Entries([f"id-{number}" for number in range(50)], 0, Column.of_all(array(hashes)), known=known)])
    return path.read_bytes()


def test_a_sound_file_is_sound_and_progress_reaches_its_end(tmp_path: Path) -> None:
    data = written(tmp_path / "hashes")
    told: list[tuple[int, int]] = []
    Snapshot.open(tmp_path / "hashes").verify(lambda done, whole: told.append((done, whole)))
    layout = decode(memoryview(data))
    assert told[-1] == (sum(section.length for section in layout.sections.values()), len(data))


def test_every_flipped_byte_is_seen(tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "hashes"))
    source = random.Random(3)
    layout = decode(memoryview(data))
    starts = [section.offset for section in layout.sections.values() if section.length]
    # Between the table of sections and the first of them, too.
    for place in [starts[0] - 1] + starts + [source.randrange(len(data)) for _ in range(300)] + [len(data) - 1]:
        old = data[place]
        data[place] ^= source.randrange(1, 256)
        with pytest.raises(HashFileError):
            Snapshot(memoryview(bytes(data))).verify()
        data[place] = old
    Snapshot(memoryview(bytes(data))).verify()

"""Writers that are killed at any moment: what they acknowledged is there, and the store goes on."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sluice.check import Digests
from sluice.hashes.listed import Listed
from sluice.hashes.live import LiveIndex
from sluice.hashes.store import append
from tests.unit.hash_store import change, plus, settled, store

WRITER = """
import sys
from pathlib import Path
from sluice.hashes.change import Change, Op
from sluice.hashes.compact import compact
from sluice.hashes.listed import Listed
from sluice.hashes.store import append

folder, start = Path(sys.argv[1]), int(sys.argv[2])
for number in range(start, start + 100_000):
    listed = Listed(str(number), md5=number.to_bytes(16, "big"))
    append(folder, [Change(1, (Op("partner", listed.id, listed),))])
    print(number, flush=True)
    if number % 5 == 4:
        compact(folder)
"""


def present(index: LiveIndex, upto: int) -> list[int]:
    """Which of the numbers below are there."""
    queries = [Digests(md5=number.to_bytes(16, "big")) for number in range(upto)]
    return [number for number, hits in enumerate(index.view.look_up(queries)) if hits]


@pytest.mark.parametrize("milliseconds", [1, 4, 9])
def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path, milliseconds: int) -> None:
    folder = store(tmp_path)
    append(folder, [])
    index = LiveIndex(folder)
    start = 0
    for times in (7, 13):
        command = [sys.executable, "-c", WRITER, str(folder), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(times)]
            time.sleep(milliseconds / 1000)
            writer.kill()
            acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
        settled(index)
        assert index.trouble == ""
        # One more may be on the disk that it could not acknowledge.
        last = acknowledged[-1]
        assert present(index, last + 5) in ([*range(last + 1)], [*range(last + 2)])
        start = last + 1
    append(folder, [change(plus("wide", Listed("z", md5=b"z" * 16)))])
    settled(index)
    assert [hit.entry for hit in index.view.look_up([Digests(md5=b"z" * 16)])[0]] == ["z"]
    index.close()

"""python -m tests.unit.hostile_hash_files FILE ENGINE SEED ROUNDS: opens and searches broken copies of a file.

Each copy is broken at random: bits turned, numbers replaced, cut, made longer, sections moved; half of them get sound
checksums, as an attacker would give them. Ends with status 0 if each was answered or refused with `HashFileError`.
Prints how many were refused at once, and how many were searched.
"""

import hashlib
import random
import struct
import sys
from pathlib import Path

import numpy as np

from sluice.hashes.layout import HEADER_BYTES, HashFileError
from sluice.hashes.sections import DIGEST_BYTES
from sluice.hashes.snapshot import Snapshot

_ROW = 80
_NUMBERS = (0, 1, 2, 63, 64, 255, 65_536, 1 << 31, (1 << 32) - 1, (1 << 63) - 1, (1 << 64) - 1)


def broken(sound: bytes, source: random.Random) -> bytes:
    """A copy of which something is wrong."""
    data = bytearray(sound)
    sections = struct.unpack_from("<I", data, 12)[0]
    for _ in range(source.choice([1, 1, 2, 8, 64])):
        kind = source.randrange(7)
        if kind == 0:
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        elif kind == 1:
            data[source.randrange(HEADER_BYTES + sections * _ROW)] = source.randrange(256)
        elif kind == 2:
            place = HEADER_BYTES + source.randrange(sections) * _ROW + source.choice([24, 32, 40])
            struct.pack_into("<Q", data, place, source.choice(_NUMBERS))
        elif kind == 3:
            place = HEADER_BYTES + source.randrange(sections) * _ROW
            offset, length = struct.unpack_from("<QQ", data, place + 32)
            # One word in a section, or all of it.
            word = struct.pack("<I", source.choice([*(one & 0xFFFF_FFFF for one in _NUMBERS), source.randrange(200)]))
            count = min(length, len(data) - offset) // 4 if offset < len(data) else 0
            if count > 0 and source.random() < 0.5:
                data[offset : offset + 4 * count] = word * count
            elif count > 0:
                at = offset + 4 * source.randrange(count)
                data[at : at + 4] = word
        elif kind == 4 and source.random() < 0.3:
            del data[source.randrange(1, len(data)) :]
            data += bytes(max(0, HEADER_BYTES + sections * _ROW - len(data)))
        elif kind == 5 and source.random() < 0.3:
            data += source.randbytes(source.choice([1, 64, 4096]))
        elif kind == 6:
            struct.pack_into("<I", data, 12, source.choice([sections, sections - 1, 1, 0, 64, 65]))
    if source.random() < 0.7:
        data[16:24] = struct.pack("<Q", len(data))
        end = HEADER_BYTES + struct.unpack_from("<I", data, 12)[0] * _ROW
        data[32:64] = hashlib.sha256(data[:32] + data[HEADER_BYTES:end]).digest()
    return bytes(data)


def used(data: bytes, engine: str, source: random.Random) -> bool:
    """Opens it and asks everything that can be asked; False where it was refused at once."""
    try:
        snapshot = Snapshot(memoryview(data), engine)
    except HashFileError:
        return False
    row = source.randrange(max(1, snapshot.stats().hashes))
    hashes = np.frombuffer(data[: len(data) // 32 * 32][:9600], np.uint8).reshape(-1, 32)
    questions = [
        lambda: snapshot.match_batch(hashes),
        lambda: [snapshot.entry(entry) for entry in snapshot.entries_of(row)] if snapshot.stats().hashes else None,
        lambda: [snapshot.entry(entry) for entry in snapshot.known_batch("md5", hashes[:, :16])[1]],
        lambda: snapshot.match(snapshot.pdq(row) if snapshot.stats().hashes else bytes(32)),
        lambda: snapshot.match(bytes(32), 256),
        lambda: snapshot.entry(source.randrange(1 << 32)),
        snapshot.about,
        snapshot.verify,
        *(lambda kind=kind, size=size: snapshot.known(kind, data[:size]) for kind, size in DIGEST_BYTES.items()),
        *(
            lambda kind=kind, size=size: snapshot.known_batch(kind, hashes[:, :size])
            for kind, size in DIGEST_BYTES.items()
        ),
    ]
    for question in questions:
        try:
            question()
        except HashFileError:
            continue
    return True


def main(file: str, engine: str, seed: str, rounds: str) -> int:
    """Breaks and searches; whatever else than `HashFileError` happens ends the process."""
    sound = Path(file).read_bytes()
    source = random.Random(int(seed))
    searched = sum(used(broken(sound, source), engine, source) for _ in range(int(rounds)))
    sys.stdout.write(f"{int(rounds) - searched} {searched}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

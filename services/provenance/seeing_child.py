"""The child of `seeing`: `python -m provenance.seeing_child`. Looks at one picture of ours after the other.

A job is a picture behind its length (8 bytes); an answer is JSON behind its length (4 bytes), then what it announces.
The child has little memory, opens no file once it reads, and ends by itself over a picture that takes too long.
"""

import json
import os
import resource
import signal
import sys
from typing import Final

import numpy as np

from provenance.fingerprint import fingerprints, luma, pixels_digest
from provenance.look import READY, Trouble, UnreadableError
from provenance.look_child import decoded, warm
from sluice.media import sniff

MEMORY: Final = 3 << 30
"""Bytes of address space."""
PICTURE_SECONDS: Final = 30
_NICE: Final = 10
"""Whoever waits for a decision comes first."""


def main() -> None:
    """Loads everything, limits itself, says that it is ready, and works until its input ends."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    warm()
    fingerprints(np.zeros((64, 64, 3), np.uint8))
    os.nice(_NICE)
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    out.write(READY)
    out.flush()
    while size := source.read(8):
        data = source.read(int.from_bytes(size, "big"))
        # Nobody handles the alarm: it ends the process.
        signal.alarm(PICTURE_SECONDS)
        out.write(_answer(data))
        out.flush()
        signal.alarm(0)


def _answer(data: bytes) -> bytes:
    try:
        rgb = decoded(data, sniff(data) or "")
        found = fingerprints(rgb)
        rest = b"".join(found.hashes) + pixels_digest(rgb) + luma(rgb).tobytes()
        header: dict[str, object] = {"quality": found.quality, "hashes": len(found.hashes)}
    except UnreadableError as error:
        header, rest = {"trouble": error.trouble.name}, b""
    except KeyError:
        header, rest = {"trouble": Trouble.UNKNOWN_TYPE.name}, b""
    except MemoryError:
        header, rest = {"trouble": Trouble.LIMITS.name}, b""
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "big") + text + rest


if __name__ == "__main__":
    main()

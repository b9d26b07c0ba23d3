"""Everything that must be known of a picture to find it again, read in a child process with limits.

A stranger's picture can be made so that decoding it, or reading its credentials, takes gigabytes or crashes the
decoder. The child has nothing that is worth taking, little memory and time, and opens no file once it reads.
"""

import hashlib
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provenance.fingerprint import SIDE, Fingerprints, Frame, Window
from sluice.errors import RetryableError, TerminalError
from sluice.hashing import PDQ_BYTES
from sluice.media import EXTENSIONS, sniff
from sluice.provenance import State

SECONDS: Final = 60.0
"""Wall clock. An ordinary picture takes less than a second, starting the child a few tenths."""
MOST_BYTES: Final = 64 << 20
READY: Final = b"ready\n"

_MOST_WINDOWS: Final = 4096
_FLOATS: Final = 6
ENVIRONMENT: Final = {
    "LC_ALL": "C.UTF-8",
    # Threads of libraries take address space, and there is one picture to read.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""All that the child is told. The service's own environment holds credentials."""


class Trouble(StrEnum):
    """Why a picture was not read."""

    EMPTY = "no bytes"
    TOO_LARGE = f"more than {MOST_BYTES} bytes"
    UNKNOWN_TYPE = "not a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC picture, or one that is not read here"
    TOO_MANY_PIXELS = "too many pixels"
    UNDECODABLE = "cut off, or damaged"
    LIMITS = "reading it took more memory or time than a picture may"


class UnreadableError(TerminalError):
    """The picture cannot be read, now or later."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"the picture was not read: {trouble.value}")
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the picture's manifest is worth, by the trust anchors that the look was given. `label`: of the active
    manifest; `serial`: of the certificate, hexadecimal; both empty where they could not be read."""

    state: State
    label: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. `luma`: the canonical picture in grey, 512 x 512 bytes, row by row. The rest is plain."""

    media_type: str
    width: int
    height: int
    sha256: bytes
    pixels_sha256: bytes
    fingerprints: Fingerprints
    luma: bytes
    credentials: Credentials

    def grey(self) -> npt.NDArray[np.uint8]:
        """`luma` as an array, shape (512, 512)."""
        return np.frombuffer(self.luma, np.uint8).reshape(SIDE, SIDE)


def look(
    data: bytes, anchors_pem: str = "", stamps_pem: str = "", *, query: bool = False, seconds: float = SECONDS
) -> Look:
    """Reads a picture. Blocks for about a second.

    `anchors_pem`: whom to trust, and `stamps_pem` with timestamps; empty: nobody. `query`: whether to take the many
    fingerprints that a look-up asks for, or the few that are stored. Raises UnreadableError, and RetryableError where
    the child did not start.
    """
    media_type = sniff(data)
    if media_type is None or len(data) > MOST_BYTES:
        raise UnreadableError(
            Trouble.EMPTY if not data else Trouble.UNKNOWN_TYPE if media_type is None else Trouble.TOO_LARGE
        )
    job = json.dumps(
        {"media_type": media_type, "anchors": anchors_pem, "stamps": stamps_pem, "query": query}
    ).encode()
    answer, finished = _ask(len(job).to_bytes(4, "big") + job + data, seconds)
    parts = _Parts(answer)
    seen = parts.header()
    if seen is None:
        raise UnreadableError(Trouble.LIMITS)
    if "trouble" in seen:
        raise UnreadableError(_trouble(seen["trouble"]))
    fingerprints = _fingerprints(seen, parts)
    luma, pixels = parts.take(SIDE * SIDE), parts.take(hashlib.sha256().digest_size)
    width, height = (_number(seen.get(name), 1, 1 << 16) for name in ("width", "height"))
    if luma is None or pixels is None or fingerprints is None:
        raise UnreadableError(Trouble.LIMITS)
    credentials = _credentials(parts.header() if finished else None)
    sha256 = hashlib.sha256(data).digest()
    return Look(media_type, width, height, sha256, pixels, fingerprints, luma, credentials)


def extension_of(media_type: str) -> str:
    """Of a file with such a picture, without the dot."""
    return EXTENSIONS[media_type]


def _ask(job: bytes, seconds: float) -> tuple[bytes, bool]:
    """What the child wrote, and whether it came to its end."""
    try:
        child = subprocess.Popen(
            # Isolated: nothing from the environment or the working directory decides what is imported.
            [sys.executable, "-I", "-m", "provenance.look_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd=Path("/"),
        )
    except OSError as error:
        raise RetryableError("the child that reads pictures could not be started") from error
    with child:
        try:
            out, _ = child.communicate(job, seconds)
            finished = child.returncode == 0
        except subprocess.TimeoutExpired:
            child.kill()
            out, _ = child.communicate()
            finished = False
    if not out.startswith(READY):
        raise RetryableError(f"the child that reads pictures did not start: exit status {child.returncode}")
    return out.removeprefix(READY), finished


class _Parts:
    """An answer, taken apart. A child that a picture took over writes what it likes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def take(self, count: int) -> bytes | None:
        """The next bytes, or None where there are fewer."""
        found, self._answer = self._answer[:count], self._answer[count:]
        return found if len(found) == count else None

    def header(self) -> dict[str, Any] | None:
        """The next object of JSON behind its length, or None."""
        text = self.take(int.from_bytes(self.take(4) or b"", "big"))
        try:
            found = json.loads(text or b"")
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


def _fingerprints(seen: dict[str, Any], parts: _Parts) -> Fingerprints | None:
    count = _number(seen.get("windows"), 0, _MOST_WINDOWS)
    hashes, frames = parts.take(PDQ_BYTES * count), parts.take(8 * _FLOATS * count)
    if hashes is None or frames is None:
        return None
    values = np.frombuffer(frames, "<f8").reshape(count, _FLOATS)
    if not np.isfinite(values).all() or np.abs(values).max(initial=0) > _MOST_WINDOWS:
        return None
    windows = tuple(
        Window(hashes[PDQ_BYTES * at :][:PDQ_BYTES], Frame(*map(float, frame))) for at, frame in enumerate(values)
    )
    return Fingerprints(_number(seen.get("quality"), 0, 100), windows)


def _credentials(said: dict[str, Any] | None) -> Credentials:
    """INVALID where the child did not come to its end: credentials that cannot be read in peace are worth nothing."""
    if said is None or said.get("state") not in set(State):
        return Credentials(State.INVALID)
    label, serial = said.get("label"), said.get("serial")
    if not isinstance(label, str) or not isinstance(serial, str):
        return Credentials(State.INVALID)
    return Credentials(State(said["state"]), label, serial)


def _trouble(value: object) -> Trouble:
    return Trouble[value] if isinstance(value, str) and value in Trouble.__members__ else Trouble.UNDECODABLE


def _number(value: object, least: int, most: int) -> int:
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or not math.isfinite(value)
        or not least <= value <= most
    ):
        raise UnreadableError(Trouble.LIMITS)
    return value

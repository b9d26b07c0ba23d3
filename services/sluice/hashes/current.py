"""`current.json`: which files a store consists of now. It is replaced whole, so that nobody sees half a change."""

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from sluice.hashes.change import HashStoreError

NAME = "current.json"
BANKS = "banks.yaml"
FORMAT = 1
_MOST_BYTES = 4096
_BASE = re.compile(r"base-[0-9a-f]{16}\.snap")


@dataclass(frozen=True, slots=True)
class Current:
    """The base that most entries are in, and the delta that is newer. `generation` grows with each base.

    `base`: a file's name, empty where there is none; `base_digest`: `Snapshot.digest` of it.
    """

    generation: int = 0
    base: str = ""
    base_digest: bytes = b""

    @property
    def delta(self) -> str:
        """Name of the delta's file."""
        return f"delta-{self.generation}.log"


def base_name(digest: bytes) -> str:
    """What a base of that digest is called."""
    return f"base-{digest.hex()[:16]}.snap"


def read_current(folder: Path) -> Current | None:
    """None where there is no store in the folder. Raises HashStoreError for a file that makes no sense, OSError."""
    try:
        with (folder / NAME).open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    try:
        form = json.loads(data)
        known = form["format"]
        found = Current(form["generation"], form["base"], bytes.fromhex(form["base_digest"]))
        named = found.base == "" or (_BASE.fullmatch(found.base) is not None and len(found.base_digest) == 32)
        good = named and isinstance(found.generation, int) and 0 <= found.generation < 1 << 53
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise HashStoreError(f"{folder / NAME} makes no sense: put it back from a copy of the store") from error
    if known != FORMAT or not good:
        raise HashStoreError(f"{folder / NAME} is of another format: this program reads {FORMAT}")
    return found


def write_current(folder: Path, current: Current) -> None:
    """Puts it in the place of the old one, on the disk for good. Raises OSError."""
    form = {
        "format": FORMAT,
        "generation": current.generation,
        "base": current.base,
        "base_digest": current.base_digest.hex(),
        "delta": current.delta,
    }
    temporary = folder / f".{NAME}.{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            file.write(json.dumps(form).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Names that were given in it are on the disk for good."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)

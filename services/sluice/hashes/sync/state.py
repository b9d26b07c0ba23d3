"""How far a source has been read: a small file in the store, replaced whole."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.hashes.change import HashStoreError
from sluice.hashes.current import sync_folder
from sluice.hashes.sync.exchange import Checkpoint

FORMAT = 1
MOST_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class State:
    """`identity`: of the source. `at_ms`: when this was written. `entries`: put into the bank so far.

    `fresh_ms`: what the store says of the bank's freshness, or will say in a moment; `fresh_before_ms`: what it said
    before. A store that says neither is not the one that the checkpoint is about.
    """

    identity: str
    checkpoint: Checkpoint
    at_ms: int
    entries: int
    fresh_ms: int
    fresh_before_ms: int


def state_path(folder: Path, source: str) -> Path:
    """Where a source's is."""
    return folder / f"sync-{source}.json"


def read_state(folder: Path, source: str) -> State | None:
    """None where there is none. Raises HashStoreError for a file that makes no sense, OSError."""
    path = state_path(folder, source)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES)
    except FileNotFoundError:
        return None
    try:
        form: dict[str, Any] = json.loads(data)
        numbers = [form[key] for key in ("at_ms", "entries", "fresh_ms", "fresh_before_ms")]
        known, identity, checkpoint = form["format"], form["identity"], form["checkpoint"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _senseless(path) from error
    whole = all(type(one) is int and one >= 0 for one in numbers) and isinstance(identity, str)
    fit = isinstance(checkpoint, dict) and all(type(one) in (int, str) for one in checkpoint.values())
    if known != FORMAT or not whole or not fit:
        raise _senseless(path)
    return State(identity, checkpoint, *numbers)


def write_state(folder: Path, source: str, state: State) -> None:
    """Puts it in the place of the old one, on the disk for good. Raises OSError."""
    form = {
        "format": FORMAT,
        "identity": state.identity,
        "checkpoint": dict(state.checkpoint),
        "at_ms": state.at_ms,
        "entries": state.entries,
        "fresh_ms": state.fresh_ms,
        "fresh_before_ms": state.fresh_before_ms,
    }
    path = state_path(folder, source)
    temporary = folder / f".{path.name}.{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            file.write(json.dumps(form).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)


def _senseless(path: Path) -> HashStoreError:
    return HashStoreError(f"{path} makes no sense: remove it, and the whole list is fetched again")

"""Settings and processes for tests of the decoder children."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.settings import IngestSettings

SETTINGS = IngestSettings(
    max_image_bytes=4 << 20,
    max_text_bytes=1000,
    inline_limit=100_000,
    max_pixels=40_000_000,
    decoders=1,
    decoder_seconds=60,
    decoder_memory_mib=2304,
    max_views=8,
    max_metadata_bytes=1 << 20,
    decoder_seccomp=True,
)


def settings(**changes: Any) -> IngestSettings:
    """The settings of these tests, with changes."""
    return replace(SETTINGS, **changes)


def children(parent: int) -> list[int]:
    """The process ids of a process's children that decode; a test run may have others."""
    numbers = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [pid for pid in numbers if _parent(pid) == parent and _decodes(pid)]


def _decodes(pid: int) -> bool:
    try:
        return b"ingest.decoder" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until_child(parent: int) -> int:
    """Waits until a process has a child, and says which."""
    await _until(lambda: bool(children(parent)))
    return children(parent)[0]


async def until_gone(pid: int) -> None:
    """Waits until a process has ended."""
    await _until(lambda: _parent(pid) is None)


def _parent(pid: int) -> int | None:
    """The parent of a living process; one that only waits to be reaped does not live."""
    try:
        # The name, in parentheses, may hold anything; behind it: state, parent.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[1])


async def _until(holds: Callable[[], bool]) -> None:
    # Nothing announces what other processes do: it has to be looked for.
    while not holds():
        await asyncio.sleep(0.005)

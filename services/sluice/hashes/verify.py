"""Reading a whole file of hashes to see whether it is what was written."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.hashes.layout import HEADER_BYTES, ROW_BYTES, HashFileError, Layout
from sluice.hashes.sections import BANDS, OFFSETS, Contents

Progress = Callable[[int, int], None]
"""Called with the bytes that were read, and how many there are."""

_STEP = 1 << 22


def verify(data: memoryview, layout: Layout, contents: Contents, progress: Progress | None = None) -> None:
    """Compares each section's SHA-256, and that offsets ascend and numbers point inside. Raises HashFileError.

    Checksums show damage. Against a builder that means harm they show nothing: whoever can write the file can leave
    hashes out of it.
    """
    done = 0
    for section in layout.sections.values():
        whole = hashlib.sha256()
        for start in range(0, section.length, _STEP):
            part = data[section.offset + start : section.offset + min(start + _STEP, section.length)]
            whole.update(part)
            done += len(part)
            if progress is not None:
                progress(done, layout.length)
        if whole.digest() != section.sha256:
            raise HashFileError(f"section {section.name} is damaged: its SHA-256 is another")
    table = HEADER_BYTES + len(layout.sections) * ROW_BYTES
    ends = [table, *(section.offset + section.length for section in layout.sections.values())]
    starts = [*(section.offset for section in layout.sections.values()), layout.length]
    if any(any(data[end:start]) for end, start in zip(ends, starts, strict=True)):
        raise HashFileError("there is something between the sections")
    _orders(contents)


def _orders(contents: Contents) -> None:
    entries = len(contents.banks)
    checks: dict[str, bool] = {
        "row-offsets": _ascends(contents.row_offsets),
        "row-entries": _below(contents.row_entries, entries),
        "entry-id-offsets": _ascends(contents.id_offsets),
    }
    if contents.tables is not None:
        offsets = contents.tables.offsets.reshape(BANDS, OFFSETS)
        rows = len(contents.hashes)
        checks["band-offsets"] = all(_ascends(band) and band[0] == 0 and band[-1] == rows for band in offsets)
        checks["band-rows"] = _below(contents.tables.rows, rows)
    for kind, known in contents.known.items():
        checks[f"{kind}-directory"] = _ascends(known.directory)
        checks[f"{kind}-entries"] = _below(known.entries, entries)
    for name, sound in checks.items():
        if not sound:
            raise HashFileError(f"section {name} makes no sense")


def _ascends(values: npt.NDArray[Any]) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def _below(values: npt.NDArray[Any], bound: int) -> bool:
    return bool(np.max(values, initial=0) < max(bound, 1))

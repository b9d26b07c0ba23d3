"""The inside of a file of hashes: which sections there are, and which lengths fit together.

Hashes are unique and sorted, their bits in the order that `permutation` names. Each of the sixteen bands has a
table: 65,537 offsets, and for each hash in the order of the band's values a fingerprint (the next band) and the
hash's row. Entries are what lists are made of: a row has one or more, an exact digest has one or more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sluice.hashes.layout import HashFileError, Layout

HASH_BYTES = 32
BANDS = 16
OFFSETS = (1 << 16) + 1
"""Per band: where each of its values begins, and the end."""

DIGEST_BYTES: Mapping[str, int] = {"md5": 16, "sha1": 20, "sha256": 32}
"""Kind of exact digest -> bytes."""

MOST = (1 << 32) - 2
"""Rows, entries and digests are numbered in 32 bits."""

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.uint16]
Words = npt.NDArray[np.uint32]
Longs = npt.NDArray[np.uint64]

MOST_ABOUT = 1 << 20
"""Bytes of the section `about`, which is read when the file is opened."""

_TABLES = ("band-offsets", "band-fingerprints", "band-rows")
STRUCTURE = ("hashes", *_TABLES)
"""What matching PDQ hashes reads; the rest tells what was matched."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Of all bands, one after the other: 16 x 65,537 offsets, 16 x n fingerprints and rows."""

    offsets: Words
    fingerprints: Shorts
    rows: Words


@dataclass(frozen=True, slots=True)
class Known:
    """Exact digests of one kind: sorted, shape (n, bytes); the entry of each; 2^k + 1 places by leading k bits."""

    digests: Bytes
    entries: Words
    directory: Words


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in a file, mapped. Lengths fit together; the values are not to be trusted."""

    about: bytes
    permutation: Bytes
    hashes: Longs
    """Shape (n, 4)."""
    tables: Tables | None
    row_offsets: Words
    """Where each row's entries begin in `row_entries`, and the end."""
    row_entries: Words
    banks: Shorts
    """Of each entry."""
    qualities: Bytes
    """Of each entry; 255 where its list does not say, or has no PDQ hash."""
    id_offsets: Longs
    """Where each entry's id begins in `ids`, and the end."""
    ids: Bytes
    known: Mapping[str, Known]


def read(data: memoryview, layout: Layout) -> Contents:
    """Looks at lengths and at the ends of offsets, and at nothing else. Raises HashFileError."""
    values = _Values(data, layout)
    found = Contents(
        about=values.bytes("about").tobytes() if layout.sections["about"].length <= MOST_ABOUT else b"",
        permutation=values.bytes("permutation"),
        hashes=values.longs("hashes", HASH_BYTES).reshape(-1, 4),
        tables=_tables(values) if _TABLES[0] in layout.sections else None,
        row_offsets=values.words("row-offsets"),
        row_entries=values.words("row-entries"),
        banks=values.shorts("entry-banks"),
        qualities=values.bytes("entry-qualities"),
        id_offsets=values.longs("entry-id-offsets", 8),
        ids=values.bytes("entry-ids"),
        known={kind: _known(values, kind, size) for kind, size in DIGEST_BYTES.items()},
    )
    _check(found)
    return found


class _Values:
    """Sections as arrays."""

    def __init__(self, data: memoryview, layout: Layout) -> None:
        self._data = data
        self._layout = layout

    def bytes(self, name: str, element: int = 1) -> Bytes:
        section = self._layout.sections.get(name)
        if section is None or section.element != element:
            raise HashFileError(f"section {name} is missing, or of other elements")
        return np.frombuffer(self._data[section.offset : section.offset + section.length], np.uint8)

    def shorts(self, name: str) -> Shorts:
        return self.bytes(name, 2).view("<u2")

    def words(self, name: str) -> Words:
        return self.bytes(name, 4).view("<u4")

    def longs(self, name: str, element: int) -> Longs:
        return self.bytes(name, element).view("<u8")


def _tables(values: _Values) -> Tables:
    return Tables(values.words(_TABLES[0]), values.shorts(_TABLES[1]), values.words(_TABLES[2]))


def _known(values: _Values, kind: str, size: int) -> Known:
    digests = values.bytes(f"{kind}-digests", size).reshape(-1, size)
    return Known(digests, values.words(f"{kind}-entries"), values.words(f"{kind}-directory"))


def _check(found: Contents) -> None:
    rows, entries = len(found.hashes), len(found.banks)
    tables = found.tables
    wrong = {
        "permutation": len(found.permutation) != 256 or len(np.unique(found.permutation)) != 256,
        "hashes": rows > MOST,
        "row-offsets": not _ends(found.row_offsets, rows, len(found.row_entries)),
        "entry-banks": entries > MOST,
        "entry-qualities": len(found.qualities) != entries,
        "entry-id-offsets": not _ends(found.id_offsets, entries, len(found.ids)),
        "band-offsets": tables is not None and len(tables.offsets) != BANDS * OFFSETS,
        "band-fingerprints": tables is not None and len(tables.fingerprints) != BANDS * rows,
        "band-rows": tables is not None and len(tables.rows) != BANDS * rows,
        **{f"{kind}-digests": _unfit(known) for kind, known in found.known.items()},
    }
    for name, unfit in wrong.items():
        if unfit:
            raise HashFileError(f"section {name} does not fit the others")


def _ends(offsets: Words | Longs, count: int, total: int) -> bool:
    return len(offsets) == count + 1 and int(offsets[0]) == 0 and int(offsets[-1]) == total


def _unfit(known: Known) -> bool:
    buckets, count = len(known.directory) - 1, len(known.digests)
    power = buckets > 0 and buckets.bit_count() == 1 and buckets.bit_length() <= 33
    return not power or count > MOST or len(known.entries) != count or not _ends(known.directory, buckets, count)

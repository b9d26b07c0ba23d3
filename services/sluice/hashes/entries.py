"""What a file of hashes is built of: runs of entries, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sluice.hashes.sections import DIGEST_BYTES, HASH_BYTES, Bytes, Longs, Shorts, Words

UNKNOWN = 255
"""Quality of a PDQ hash whose list does not say."""

MOST_ID = 1024
"""Bytes of an id."""


@dataclass(frozen=True, slots=True)
class Column:
    """Digests of some of a run's entries. `entries`: their numbers in the run, each once; `values`: (n, bytes)."""

    entries: Words
    values: Bytes

    @classmethod
    def of_all(cls, values: Bytes) -> "Column":
        """One for each entry of the run."""
        return cls(np.arange(len(values), dtype=np.uint32), values)


@dataclass(frozen=True, slots=True)
class Entries:
    """A run of entries of lists. An entry has an id, a bank (a number below 65,536 whose meaning is the caller's)
    and any of the digests.

    `ids`: text, or an array of ASCII of one width. `banks`: one for all, or of each. `qualities`: of the PDQ hashes,
    in the order of `pdq`, 0..100 or `UNKNOWN`; None where no list says.
    """

    ids: Sequence[str] | npt.NDArray[np.bytes_]
    banks: int | Shorts = 0
    pdq: Column | None = None
    qualities: Bytes | None = None
    known: Mapping[str, Column] = field(default_factory=dict)
    """Kind of exact digest (`sections.DIGEST_BYTES`) -> digests."""

    def __post_init__(self) -> None:
        """Raises ValueError where arrays do not fit together."""
        columns = [("pdq", self.pdq, HASH_BYTES)]
        columns += [(kind, column, DIGEST_BYTES.get(kind, 0)) for kind, column in self.known.items()]
        for name, column, size in columns:
            if column is not None:
                _check(name, column, size, len(self.ids))
        hashes = len(self.pdq.entries) if self.pdq is not None else 0
        if self.qualities is not None and (len(self.qualities) != hashes or self.qualities.dtype != np.uint8):
            raise ValueError("qualities: one of type uint8 for each PDQ hash")
        if isinstance(self.banks, np.ndarray) and self.banks.shape != (len(self.ids),):
            raise ValueError("banks: one for each entry")

    def __len__(self) -> int:
        return len(self.ids)

    def bank_numbers(self) -> Shorts:
        """Of each entry."""
        return np.broadcast_to(np.asarray(self.banks, "<u2"), len(self.ids))

    def packed_ids(self) -> tuple[Bytes, Longs]:
        """All ids one after the other as UTF-8, and the length of each. Raises ValueError for one too long."""
        if isinstance(self.ids, np.ndarray):
            lengths = np.strings.str_len(self.ids).astype("<u8")
            cells = np.frombuffer(self.ids.tobytes(), np.uint8).reshape(len(self.ids), -1)
            packed = cells[np.arange(cells.shape[1]) < lengths[:, None]]
        else:
            parts = [one.encode() for one in self.ids]
            lengths = np.fromiter(map(len, parts), "<u8", len(parts))
            packed = np.frombuffer(b"".join(parts), np.uint8)
        if len(lengths) and lengths.max() > MOST_ID:
            raise ValueError(f"an id has more than {MOST_ID} bytes")
        return packed, lengths


def _check(name: str, column: Column, size: int, entries: int) -> None:
    if not size:
        raise ValueError(f"no kind of digest is called {name!r}")
    values, numbers = column.values, column.entries
    if values.shape != (len(numbers), size) or values.dtype != np.uint8:
        raise ValueError(f"{name}: should be an array of shape (n, {size}) and type uint8, one for each entry named")
    if numbers.dtype != np.uint32 or (len(numbers) and int(numbers.max()) >= entries):
        raise ValueError(f"{name}: entries should be of type uint32 and below {entries}")

"""A change of a store's lists: entries added and removed, in order, and banks that are as their source has them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.errors import SluiceError
from sluice.hashes.banks import SLUG
from sluice.hashes.listed import COLUMNS, Listed, good_id, read_listed

MOST_OPS = 20_000
"""Of one change: its text stays below `delta.MOST_PAYLOAD`."""

Key = tuple[str, str]
"""Bank and id: what tells an entry from all others."""


class HashStoreError(SluiceError):
    """A store is missing, damaged, or of no use. The message says what is wrong and what to do."""


class StoreBusyError(HashStoreError):
    """Another process writes, and did not end in time. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Op:
    """An entry takes the place of the one with its key, or (None) that one is removed."""

    bank: str
    id: str
    listed: Listed | None

    @property
    def key(self) -> Key:
        """Whose place it is."""
        return self.bank, self.id


@dataclass(frozen=True, slots=True)
class Change:
    """`at_ms`: when it was made. `fresh`: bank -> when its source was compared with it, in ms since the epoch."""

    at_ms: int
    ops: tuple[Op, ...] = ()
    fresh: Mapping[str, int] = field(default_factory=dict)


def encode_change(change: Change) -> bytes:
    """A change as bytes. Raises ValueError for too many entries."""
    if len(change.ops) > MOST_OPS:
        raise ValueError(f"more than {MOST_OPS} entries in one change")
    ops = [[op.bank, op.id] if op.listed is None else [op.bank, op.id, op.listed.row()] for op in change.ops]
    form = {"at": change.at_ms, "ops": ops, "fresh": dict(change.fresh)}
    return json.dumps(form, separators=(",", ":")).encode()


def decode_change(data: bytes) -> Change:
    """Raises HashStoreError for bytes that are no change."""
    try:
        form = json.loads(data)
        ops = tuple(_op(*op) for op in form["ops"])
        fresh = {_bank(bank): _moment(at) for bank, at in form["fresh"].items()}
        change = Change(_moment(form["at"]), ops, fresh)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise HashStoreError("a record of the delta is no change of lists") from error
    if len(change.ops) > MOST_OPS:
        raise HashStoreError("a record of the delta has too many entries")
    return change


def _op(bank: Any, identity: Any, row: Any = None) -> Op:
    if not good_id(identity):
        raise ValueError("no id")
    if row is None:
        return Op(_bank(bank), identity, None)
    wrong, listed = read_listed({column: str(row[column]) for column in COLUMNS if column in row})
    if wrong or listed is None or listed.id != identity:
        raise ValueError("no entry")
    return Op(_bank(bank), identity, listed)


def _bank(name: Any) -> str:
    if not SLUG.fullmatch(name):
        raise ValueError("no bank")
    return str(name)


def _moment(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no moment")
    return value

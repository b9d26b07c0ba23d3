"""One line of the audit log: what it says, and why nobody can change it unnoticed.

A line is a JSON object with sorted names, a space, a MAC (HMAC-SHA-256, hex) over it, and a line's end. `previous` is
the SHA-256 of the line before, whole. So who can write to the store but has no key of the vault can write no line;
who has the key cannot change one without changing all behind it; the last one is held against an anchor elsewhere.
"""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

FIRST = "0" * 64
"""`previous` of the first line."""
MOST_LINE = 16384


class Action(StrEnum):
    """What is done. Those of events (`sluice.vault.events`) are logged with the number of their record."""

    KEPT = "kept"
    REPORTED = "reported"
    HELD = "held"
    RELEASE_ASKED = "release-asked"
    HOLD_LIFTED = "hold-lifted"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"
    READ = "read"
    SHOWN = "shown"
    REWRAPPED = "rewrapped"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Entry:
    """`at_ms`: by the clock of who wrote it. `record`, `record_sha256`: the sealed record that it is about, or 0 and
    empty. `nonce`: tells two writers of the same thing apart."""

    seq: int
    at_ms: int
    who: str
    action: Action
    evidence: str
    generation: int
    record: int
    record_sha256: str
    why: str
    nonce: str
    previous: str

    def line(self, key: bytes) -> bytes:
        """As it is kept."""
        form = json.dumps(asdict(self), sort_keys=True).encode()
        return form + b" " + hmac.digest(key, form, "sha256").hex().encode() + b"\n"


def read_line(line: bytes, key: bytes) -> Entry:
    """Raises ValueError, which says what is wrong, for anything that `Entry.line` did not write with this key."""
    form, space, mac = line.rpartition(b" ")
    right = hmac.digest(key, form, "sha256").hex().encode() + b"\n"
    if not space or not hmac.compare_digest(mac, right):
        raise ValueError("its MAC is wrong: it was changed, or written with another key")
    found: Any = json.loads(form)
    return Entry(**{**found, "action": Action(found["action"])})


def line_digest(line: bytes) -> str:
    """What the next line says of this one."""
    return hashlib.sha256(line).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """How long a log is, and the digest of its last line; of an empty one, 0 and `FIRST`."""

    seq: int = 0
    digest: str = FIRST

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


def parse_head(text: str) -> Head:
    """As `str` writes it. Raises ValueError."""
    seq, colon, digest = text.strip().partition(":")
    if not colon or not seq.isascii() or not seq.isdecimal() or len(bytes.fromhex(digest)) != 32:
        raise ValueError("a head is NUMBER:DIGEST, as `sluice audit verify` tells it")
    # As it is written everywhere else: capitals are no other digest.
    return Head(int(seq), bytes.fromhex(digest).hex())

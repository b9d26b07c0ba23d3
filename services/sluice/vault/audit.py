"""The audit log: one object a line, `audit/000000000001` and on, each created where there was none.

So two writers, wherever they run, never take the same place, and a line is there whole or not at all. Before anything
is appended the whole log was read and checked; a log that is not what it was is not written on.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sluice.errors import RetryableError
from sluice.objects import ForbiddenUriError, NotFoundError, TooLargeError
from sluice.vault.anchor import Anchor
from sluice.vault.entry import FIRST, MOST_LINE, Action, Entry, Head, line_digest, read_line
from sluice.vault.errors import UnsoundLogError
from sluice.vault.index import Index
from sluice.vault.shelf import Shelf

FOLDER = "audit"
_READERS = 8
_AT_ONCE = 256
_TRIES = 64
"""Of an append that others are always faster than."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a line should say; the log adds its place."""

    who: str
    action: Action
    evidence: str = ""
    generation: int = 0
    record: int = 0
    record_sha256: str = ""
    why: str = ""


class AuditLog:
    """Threads share one, processes a shelf."""

    def __init__(self, shelf: Shelf, key: bytes, anchor: Anchor, now_ms: Callable[[], int]) -> None:
        """`key`: of the MACs."""
        self._shelf = shelf
        self._key = key
        self._anchor = anchor
        self._now_ms = now_ms
        self._lock = threading.RLock()
        self._digests = [FIRST]
        self._nonces: set[str] = set()
        self._index = Index()

    def look(self) -> Index:
        """Reads on to the log's end, and holds it against the anchor.

        Raises UnsoundLogError, which names the first bad line, or RetryableError.
        """
        with self._lock:
            # Before the lines: others write on, and move it.
            anchor = self._anchor.head()
            for number, line in self._lines(len(self._digests) - 1):
                entry, digest = self._checked(number, line, self._digests[-1])
                self._take(entry, digest)
            _meets(self._digests, anchor)
            return self._index

    @property
    def head(self) -> Head:
        """Of what was read so far."""
        with self._lock:
            return Head(len(self._digests) - 1, self._digests[-1])

    def append(self, said: Said, unless: Callable[[Index], bool] = lambda _: False) -> bool:
        """Appends a line, on the shelf when this returns; False where `unless` says of all lines before it that it
        is not wanted.

        Raises UnsoundLogError, or RetryableError: the line may be there all the same.
        """
        nonce = secrets.token_hex(8)
        with self._lock:
            for _ in range(_TRIES):
                index = self.look()
                if nonce in self._nonces:
                    return True
                if unless(index):
                    return False
                entry = Entry(
                    len(self._digests),
                    self._now_ms(),
                    said.who,
                    said.action,
                    said.evidence,
                    said.generation,
                    said.record,
                    said.record_sha256,
                    said.why,
                    nonce,
                    self._digests[-1],
                )
                line = entry.line(self._key)
                if self._shelf.create_now(_key(entry.seq), line):
                    self._take(entry, line_digest(line))
                    self._anchor.advance(self.head)
                    return True
        raise RetryableError("the audit log: others are always faster")

    def verify(self, known: Head | None = None, told: Callable[[Entry], None] = lambda _: None) -> Head:
        """Reads the whole log anew; its head. `known`: a head that somebody wrote down, which it has to contain.
        `told`: gets every line that is sound.

        What was read before is looked at again, too. Where it is not what it was, nothing of it counts any more: the
        next `look` begins at the first line.

        Raises UnsoundLogError, naming the first bad line, or RetryableError.
        """
        try:
            return self._verified(known, told)
        except UnsoundLogError:
            with self._lock:
                self._digests, self._nonces, self._index = [FIRST], set(), Index()
            raise

    def _verified(self, known: Head | None, told: Callable[[Entry], None]) -> Head:
        wanted = [self._anchor.head(), self.head]
        digests = [FIRST]
        for number, line in self._lines(0):
            entry, digest = self._checked(number, line, digests[-1])
            digests.append(digest)
            told(entry)
        for one in wanted:
            _meets(digests, one)
        if known is not None:
            _meets(digests, known, "the head that was given")
        return Head(len(digests) - 1, digests[-1])

    def _take(self, entry: Entry, digest: str) -> None:
        self._index.add(entry)
        self._digests.append(digest)
        self._nonces.add(entry.nonce)

    def _lines(self, after: int) -> Iterator[tuple[int, bytes]]:
        keys = self._shelf.keys_now(FOLDER, _key(after))
        if not keys:
            return
        with ThreadPoolExecutor(min(_READERS, len(keys))) as pool:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                for number, (key, line) in enumerate(
                    zip(some, pool.map(self._line, some), strict=True), after + start + 1
                ):
                    if key != _key(number):
                        raise UnsoundLogError(f"audit line {number} is missing: what comes next has another name")
                    if line is None:
                        raise UnsoundLogError(f"audit line {number} is far too long, or went away")
                    yield number, line

    def _line(self, key: str) -> bytes | None:
        try:
            return self._shelf.read_now(key, MOST_LINE)
        except (TooLargeError, NotFoundError, ForbiddenUriError):
            # The last: a name that no line has, and that the store does not read.
            return None

    def _checked(self, number: int, line: bytes, before: str) -> tuple[Entry, str]:
        try:
            entry = read_line(line, self._key)
        except ValueError as error:
            raise UnsoundLogError(f"audit line {number}: {error}") from None
        if entry.seq != number:
            raise UnsoundLogError(f"audit line {number} is line {entry.seq}, moved")
        if entry.previous != before:
            raise UnsoundLogError(
                f"audit line {number} does not follow line {number - 1}: one of the two was replaced"
            )
        return entry, line_digest(line)


def _meets(digests: Sequence[str], anchor: Head, what: str = "the anchor") -> None:
    if anchor.seq >= len(digests):
        raise UnsoundLogError(
            f"the audit log ends at line {len(digests) - 1}, and {what} knows line {anchor.seq}: its end was cut off"
        )
    if digests[anchor.seq] != anchor.digest:
        raise UnsoundLogError(f"audit line {anchor.seq} is not the one that {what} knows: it was replaced")


def _key(seq: int) -> str:
    return f"{FOLDER}/{seq:012d}"

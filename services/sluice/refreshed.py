"""What files say, read again while the process runs: a value that many use and one puts in its place.

Who uses a `Current` takes its value once per piece of work, so that the piece is of one version. Who watches the
files (`sluice.host.file_watch`) reads a `Snapshot` and has it adopted: what is judged is what was read, and a file
that changes meanwhile cannot slip between the two.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")

MOST_BYTES = 8 * 1024 * 1024
"""Of one file; a larger one is not read: it is not what it should be."""


class Current(Generic[T]):
    """The newest version of something. Any thread may read `value`, one at a time may set it: a reference is read and
    set whole.
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value


@dataclass(frozen=True, slots=True)
class Version:
    """What people call a version, and what tells it from all others: 32 bytes."""

    name: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What files held when they were read. `problems`: what could not be read, as `file:line: what is wrong`.

    `digest`: SHA-256 over all of it, problems too: two snapshots with the same one hold the same.
    """

    files: Mapping[Path, bytes] = field(repr=False)
    problems: tuple[str, ...] = ()
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        whole = hashlib.sha256()
        for path, data in self.files.items():
            whole.update(hashlib.sha256(str(path).encode()).digest() + hashlib.sha256(data).digest())
        for problem in self.problems:
            whole.update(hashlib.sha256(problem.encode()).digest())
        object.__setattr__(self, "digest", whole.digest())


def snapshot(paths: Sequence[Path], problems: Sequence[str] = ()) -> Snapshot:
    """Reads files now. `problems`: those that were met before."""
    found: dict[Path, bytes] = {}
    wrong = list(problems)
    for path in paths:
        try:
            with open(path, "rb", opener=_at_once) as stream:
                if not S_ISREG(os.fstat(stream.fileno()).st_mode):
                    wrong.append(f"{path}:1: not a file")
                    continue
                data = stream.read(MOST_BYTES + 1)
        except OSError as error:
            wrong.append(f"{path}:1: {error.strerror or 'cannot be read'}")
            continue
        if len(data) > MOST_BYTES:
            wrong.append(f"{path}:1: larger than {MOST_BYTES} bytes")
        else:
            found[path] = data
    return Snapshot(found, tuple(wrong))


def _at_once(path: str, flags: int) -> int:
    """A pipe without a writer would be waited for, and with it everything else that is watched."""
    return os.open(path, flags | os.O_NONBLOCK)


class Refreshable(Protocol):
    """Something that can be read again while the process runs. `read` and `adopt` block; one call at a time."""

    @property
    def about(self) -> str:
        """What it is: "policy", "name-lists"."""

    @property
    def version(self) -> Version:
        """The one in use."""

    @property
    def digest(self) -> bytes:
        """Of the snapshot that is in use."""

    def read(self) -> Snapshot:
        """What the files hold now."""

    def adopt(self, seen: Snapshot) -> None:
        """Puts what a snapshot says in the place of what is in use. ConfigError: it is not good, nothing changed."""


class Refreshed(Current[T]):
    """A value that is made of files."""

    __slots__ = ("_about", "_digest", "_load", "_read", "_tell")

    def __init__(
        self,
        about: str,
        read: Callable[[], Snapshot],
        load: Callable[[Snapshot], T],
        tell: Callable[[T], Version],
    ) -> None:
        """Reads and loads the first version. ConfigError with every problem: there is none to fall back on."""
        seen = read()
        super().__init__(load(seen))
        self._about = about
        self._read = read
        self._load = load
        self._tell = tell
        self._digest = seen.digest

    @property
    def about(self) -> str:
        """What it is."""
        return self._about

    @property
    def version(self) -> Version:
        """The one in use."""
        return self._tell(self.value)

    @property
    def digest(self) -> bytes:
        """Of the snapshot that is in use."""
        return self._digest

    def read(self) -> Snapshot:
        """What the files hold now."""
        return self._read()

    def adopt(self, seen: Snapshot) -> None:
        """Loads it, and only then puts it in place. ConfigError: nothing changed."""
        self.value = self._load(seen)
        self._digest = seen.digest

"""The requests of one command: checked before the first is sent, and read again as they are sent.

So a file of any length takes no memory. A pipe, which cannot be read twice, does.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.cli.ask import Ask, AskError, read_line

MOST_PROBLEMS: Final = 20
"""Bad lines that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`count` requests. `pictures`: whether any carries one. `asks` goes through them, in order, from the first."""

    count: int
    pictures: bool
    asks: Callable[[], Iterator[Ask]]

    @classmethod
    def of(cls, ask: Ask) -> "Batch":
        """One request."""
        return cls(1, bool(ask.images or ask.uploads), lambda: iter((ask,)))

    @classmethod
    def open(cls, path: Path, defaults: Ask) -> "Batch":
        """The requests of a JSONL file; `defaults` gives what its lines leave out. Empty lines are skipped.

        AskError where the file cannot be read, or naming bad lines by number. Going through the requests raises it
        too, where the file has changed meanwhile.
        """
        kept = None if path.is_file() else tuple(_lines(path))

        def lines() -> Iterable[str]:
            return _lines(path) if kept is None else kept

        count, pictures, problems, bad = 0, False, list[str](), 0
        for number, line in enumerate(lines(), start=1):
            try:
                ask = read_line(line, number, defaults)
            except AskError as error:
                bad += 1
                problems += str(error).splitlines() if bad <= MOST_PROBLEMS else []
                continue
            if ask is not None:
                count += 1
                pictures = pictures or bool(ask.images or ask.uploads)
        if bad > MOST_PROBLEMS:
            problems.append(f"and {bad - MOST_PROBLEMS} more lines")
        if bad:
            raise AskError("\n".join(problems))
        return cls(count, pictures, lambda: _asks(lines(), defaults))


def _asks(lines: Iterable[str], defaults: Ask) -> Iterator[Ask]:
    for number, line in enumerate(lines, start=1):
        ask = read_line(line, number, defaults)
        if ask is not None:
            yield ask


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise AskError(f"{path} cannot be read: {error}") from error

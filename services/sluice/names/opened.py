"""The name lists of a check: where they lie, what it reports of them, and what it calls them in a verdict."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sluice.check import Match, ModelInfo
from sluice.names.files import lists_of, read_lists
from sluice.names.matcher import NameMatcher
from sluice.refreshed import Refreshed, Version
from sluice.settings import Reader, checkout
from sluice.text.folding import fold

MODEL: Final = "name-lists"
"""What all lists together are called beside the models of a verdict."""
MENTION: Final = "name"
STYLE: Final = "style"
"""The methods of a match."""


def read_name_lists(reader: Reader, home: Path) -> tuple[Path, ...]:
    """SLUICE_NAME_LISTS: files and folders, with commas. By default the lists of the checkout, else `lists` in
    SLUICE_HOME."""
    root = checkout()
    default = root / "policies" / "lists" if root else home / "lists"
    return tuple(Path(one).absolute() for one in reader.words("SLUICE_NAME_LISTS", (str(default),)))


def open_names(paths: Sequence[Path]) -> Refreshed[NameMatcher]:
    """All lists, to be read again when their files change. Raises ConfigError with every problem of every file, one
    of them that it is not there."""
    return Refreshed(
        MODEL,
        lambda: read_lists(paths),
        lambda seen: NameMatcher(lists_of(seen)),
        lambda names: Version(names.version, names.digest),
    )


def matches(names: NameMatcher, readings: Iterable[str]) -> tuple[Match, ...]:
    """The entries that any reading of a text names. Method "style" where a style is asked for, else "name"."""
    return tuple(
        Match(
            list_name=found.list_name,
            entry=found.entry,
            kind=found.kind.value,
            method=STYLE if found.style else MENTION,
            distance=0,
            test=False,
            list_digest=found.list_digest,
        )
        for found in names.find_folded(map(fold, readings))
    )


def about(names: NameMatcher) -> ModelInfo:
    """All lists together, as a verdict tells of them."""
    return ModelInfo(MODEL, names.version, names.digest)

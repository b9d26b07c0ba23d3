"""How well name lists tell a style that is asked for from a mention: python -m training.names_precision

Runs the texts of evals/names/names.jsonl through the readings and the matcher of the text check, with the lists that
ship, and prints a table by group for each split, then all of it as one JSON line. Needs the encoder's word list
(`sluice models pull minilm`), and no engine.

Odd rows are for mending phrases, even ones for telling how good they are: only of odd ones can the rows be shown.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from sluice.models import repository
from sluice.names.files import load_lists
from sluice.names.matcher import NameMatcher
from sluice.names.opened import STYLE, matches
from sluice.shares import Share
from sluice.text.model import ENCODER, TOKENIZER_FILE
from sluice.text.spellings import spellings
from sluice.text.windows import Windows

ROOT: Final = Path(__file__).resolve().parents[1]
SUITE: Final = ROOT / "evals" / "names" / "names.jsonl"
LISTS: Final = ROOT / "policies" / "lists"
SPLITS: Final = ("dev", "test")

Expect = Literal["style", "mention", "none"]
Reads = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A text. `expect`: whether the style of `entries` is asked for, or they are named, or nobody is (no entries)."""

    id: str
    text: str
    expect: Expect
    entries: frozenset[str]
    group: str
    lang: str

    @property
    def split(self) -> str:
        """Odd numbers are "dev", even ones "test"."""
        return SPLITS[(int(self.id.rpartition("-")[2]) + 1) % 2]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a row. `styles`: entries whose style was found to be asked for; `named`: all that were found."""

    row: Row
    styles: frozenset[str]
    named: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """Whose style is asked for in truth."""
        return self.row.entries if self.row.expect == "style" else frozenset()

    @property
    def wrong_style(self) -> bool:
        """A style is claimed that nobody asked for: a rule on styles blocks too much."""
        return bool(self.styles - self.wanted)

    @property
    def missed_style(self) -> bool:
        """A style that is asked for is not claimed."""
        return bool(self.wanted - self.styles)

    @property
    def right(self) -> bool:
        """Exactly the styles asked for are claimed."""
        return self.styles == self.wanted

    @property
    def wrong_name(self) -> bool:
        """Right about styles, but not about who is named. Of a name that is also a common word, that is by design."""
        return self.right and self.named != self.row.entries


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over rows, and shares of rows: `precision` of those that claim a style, `recall` of those that ask."""

    rows: int
    right: int
    wrong_style: int
    missed_style: int
    wrong_name: int
    precision: Share
    recall: Share


def rows(path: Path = SUITE) -> list[Row]:
    """The rows of the suite, in order. `entry` may hold several ids with a space between."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [
        Row(one["id"], one["text"], one["expect"], frozenset(one["entry"].split()), one["group"], one["lang"])
        for one in lines
    ]


def reader(models: Path) -> Reads:
    """The readings of a text as the text check has them. Raises NotReadyError with the command that mends it."""
    folder = repository.folder(models, repository.load(models, ENCODER))
    words = Windows.open(folder / TOKENIZER_FILE).words
    return lambda text: spellings(text, words)


def look(asked: Iterable[Row], names: NameMatcher, read: Reads) -> list[Found]:
    """What the matcher finds in each row."""
    found = []
    for row in asked:
        seen = matches(names, read(row.text))
        styles = frozenset(match.entry for match in seen if match.method == STYLE)
        found.append(Found(row, styles, frozenset(match.entry for match in seen)))
    return found


def figures(found: Sequence[Found]) -> Figures:
    """The counts of some rows together."""
    claimed = [one for one in found if one.styles]
    asking = [one for one in found if one.wanted]
    return Figures(
        rows=len(found),
        right=sum(one.right for one in found),
        wrong_style=sum(one.wrong_style for one in found),
        missed_style=sum(one.missed_style for one in found),
        wrong_name=sum(one.wrong_name for one in found),
        precision=Share(sum(not one.wrong_style for one in claimed), len(claimed)),
        recall=Share(sum(not one.missed_style for one in asking), len(asking)),
    )


def table(found: Sequence[Found]) -> list[str]:
    """Markdown: a line per group, in the suite's order, and one of all."""
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one.row.group, []).append(one)
    lines = ["| Group | rows | right | wrong style | missed style | wrong name |", "|--|--:|--:|--:|--:|--:|"]
    for name, group in [*groups.items(), ("all", list(found))]:
        told = figures(group)
        counts = (told.rows, told.right, told.wrong_style, told.missed_style, told.wrong_name)
        lines.append(f"| {name} | {' | '.join(map(str, counts))} |")
    return lines


def sentence(told: Figures) -> str:
    """Precision and recall in words."""
    return f"Precision of a style {_share(told.precision)}, recall {_share(told.recall)}."


def as_json(told: Figures) -> Mapping[str, Any]:
    """The figures for a program; intervals are Wilson's, 95 %."""
    counts = {name: getattr(told, name) for name in ("rows", "right", "wrong_style", "missed_style", "wrong_name")}
    return counts | {
        name: {"hits": share.hits, "n": share.n, "value": share.value, "interval": share.interval()}
        for name, share in (("precision", told.precision), ("recall", told.recall))
    }


def main(arguments: Sequence[str]) -> int:
    """Prints; returns 0."""
    parser = argparse.ArgumentParser(
        prog="python -m training.names_precision", description="How well a style is told from a mention."
    )
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the model repository")
    parser.add_argument("--lists", type=Path, action="append", help="files and folders of names")
    parser.add_argument("--wrong", action="store_true", help="show the dev rows that went wrong")
    chosen = parser.parse_args(arguments)
    found = look(rows(), NameMatcher(load_lists(chosen.lists or [LISTS])), reader(chosen.models))
    parts = {split: [one for one in found if one.row.split == split] for split in SPLITS}
    say = sys.stdout.write
    for split, part in parts.items():
        say("\n".join((f"## {split}", "", *table(part), "", sentence(figures(part)), "", "")))
    if chosen.wrong:
        say("".join(f"{_told(one)}\n" for one in parts["dev"] if not one.right or one.wrong_name))
    say(json.dumps({split: as_json(figures(part)) for split, part in parts.items()}) + "\n")
    return 0


def _told(one: Found) -> str:
    said = ", ".join(f"{entry}{' (style)' * (entry in one.styles)}" for entry in sorted(one.named))
    meant = " ".join(sorted(one.row.entries))
    return f"{one.row.id} {one.row.expect} {meant}: {one.row.text} -> {said or 'nobody'}"


def _share(share: Share) -> str:
    if share.value is None:
        return "of no rows"
    low, high = share.interval()
    return f"{share.value:.3f} ({low:.3f} to {high:.3f}; {share.hits} of {share.n})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What is counted while recorded requests are decided by another policy. Tallies of parts add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sluice.shares import Share

EXAMPLES: Final = 5
"""Request ids that are named of each kind of flip, and of what was not exact."""
GROUPS: Final = ("category", "stage", "age_band", "tenant")
ALL: Final = ""
"""The group of all labelled requests."""


class Move(NamedTuple):
    """An action before and after: as recorded, and as the candidate says. Short names: "ALLOW"."""

    before: str
    after: str

    @property
    def flips(self) -> bool:
        """Whether they differ."""
        return self.before != self.after

    def __str__(self) -> str:
        return f"{self.before}->{self.after}"


class Marked(NamedTuple):
    """A labelled request: whether it should not be allowed, and whether it was right before and is right after."""

    unsafe: bool
    before: bool
    after: bool


@dataclass(slots=True)
class Paired:
    """One metric over the same labelled requests, twice. `worse`, `better`: requests whose result changed."""

    before: Share
    after: Share
    worse: int
    better: int


@dataclass(slots=True)
class Tally:
    """Counts of a replay.

    `unjudged`: decisions of which the candidate wants to know more than was recorded, `unknown`: by check.
    `moves`: the other decisions. `fires`: rule -> decisions that it fires for now, `new`, `gone`: where it did not
    before, where it does not any more. `groups`: per name of GROUPS, by value; for categories flips only, those of
    the rules that changed. `exact`: decisions that their own policy decided again as recorded.
    """

    unjudged: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    moves: Counter[Move] = field(default_factory=Counter)
    fires: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    groups: dict[str, dict[str, Counter[Move]]] = field(default_factory=lambda: {name: {} for name in GROUPS})
    examples: dict[Move, list[str]] = field(default_factory=dict)
    exact: int = 0
    inexact: int = 0
    inexact_ids: list[str] = field(default_factory=list)
    marks: dict[str, Counter[Marked]] = field(default_factory=dict)
    unjudged_labels: int = 0

    @property
    def judged(self) -> int:
        """Decisions that the candidate decided."""
        return self.moves.total()

    @property
    def flips(self) -> int:
        """Those with another action."""
        return sum(count for move, count in self.moves.items() if move.flips)

    @property
    def decisions(self) -> int:
        """All that were read."""
        return self.judged + self.unjudged

    @property
    def labelled(self) -> int:
        """Decisions that there was a label for."""
        return self.marks.get(ALL, Counter()).total() + self.unjudged_labels

    def move(self, request_id: str, move: Move, groups: Mapping[str, Iterable[str]]) -> None:
        """A decision of the candidate."""
        self.moves[move] += 1
        for name, values in groups.items():
            found = self.groups[name]
            for value in values:
                if value not in found:
                    found[value] = Counter()
                found[value][move] += 1
        if move.flips:
            known = self.examples.setdefault(move, [])
            if len(known) < EXAMPLES:
                known.append(request_id)

    def mark(self, category: str, marked: Marked) -> None:
        """A labelled one."""
        for group in {ALL, category}:
            self.marks.setdefault(group, Counter())[marked] += 1

    def compared(self, request_id: str, same: bool) -> None:
        """A decision was decided again by its own policy."""
        if same:
            self.exact += 1
            return
        self.inexact += 1
        if len(self.inexact_ids) < EXAMPLES:
            self.inexact_ids.append(request_id)

    def paired(self, unsafe: bool, group: str = ALL) -> Paired:
        """not_unsafe (`unsafe`), or not_overrefuse, of the labelled requests of a group."""
        rows = {one: n for one, n in self.marks.get(group, Counter()).items() if one.unsafe is unsafe}
        total = sum(rows.values())
        return Paired(
            Share(sum(n for one, n in rows.items() if one.before), total),
            Share(sum(n for one, n in rows.items() if one.after), total),
            sum(n for one, n in rows.items() if one.before and not one.after),
            sum(n for one, n in rows.items() if one.after and not one.before),
        )

    def flips_of(self, name: str, most: int | None = None) -> Sequence[tuple[str, Counter[Move]]]:
        """The values of a group, those with the most flips first."""
        found = self.groups[name].items()
        return sorted(found, key=lambda pair: (-flipped(pair[1]), -pair[1].total(), pair[0]))[:most]

    def add(self, other: "Tally") -> None:
        """Counts what another one has counted."""
        self.unjudged += other.unjudged
        self.exact += other.exact
        self.inexact += other.inexact
        self.unjudged_labels += other.unjudged_labels
        for mine, theirs in ((self.unknown, other.unknown), (self.fires, other.fires)):
            mine.update(theirs)
        for mine, theirs in ((self.new, other.new), (self.gone, other.gone)):
            mine.update(theirs)
        self.moves.update(other.moves)
        for name, values in other.groups.items():
            for value, moves in values.items():
                self.groups[name].setdefault(value, Counter()).update(moves)
        for group, marks in other.marks.items():
            self.marks.setdefault(group, Counter()).update(marks)
        for move, ids in other.examples.items():
            known = self.examples.setdefault(move, [])
            known += ids[: EXAMPLES - len(known)]
        self.inexact_ids += other.inexact_ids[: EXAMPLES - len(self.inexact_ids)]


def flipped(moves: Counter[Move]) -> int:
    """How many of them are flips."""
    return sum(count for move, count in moves.items() if move.flips)


def by_kind(moves: Counter[Move]) -> Mapping[str, int]:
    """Flips by their kind, the most frequent first."""
    found: dict[str, int] = defaultdict(int)
    for move, count in moves.most_common():
        if move.flips:
            found[str(move)] += count
    return found

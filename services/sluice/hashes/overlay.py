"""What changed since the base was built: entries that came, and entries of the base that do not count any more.

Never changes itself: a change makes a new overlay, and whoever searches the old one is not disturbed. Entries lie in
a few segments, each at least four times the next, so that adding one entry at a time stays cheap; an entry that was
replaced or removed stays in its segment and is passed over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sluice.hashes.change import Key, Op
from sluice.hashes.listed import Listed
from sluice.hashes.sections import Bytes
from sluice.hashes.segment import Member, Segment, key_of

_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Overlay:
    """`latest`: what each key stands for now; None for removed. `searched`: see `engine.engines`."""

    segments: tuple[Segment, ...] = ()
    latest: Mapping[Key, Listed | None] = field(default_factory=dict)
    engine: str = ""

    def changed(self, ops: Iterable[Op]) -> "Overlay":
        """After these, in their order."""
        newest = {op.key: op.listed for op in ops}
        latest = {**self.latest, **newest}
        fresh = [(bank, listed) for (bank, _), listed in newest.items() if listed is not None]
        if not fresh:
            return Overlay(self.segments, latest, self.engine)
        segments, members = list(self.segments), fresh
        while segments and len(segments[-1]) < _GROWTH * len(members):
            members = [one for one in segments.pop().members if latest[key_of(one)] is one[1]] + members
        return Overlay((*segments, Segment(members, self.engine)), latest, self.engine)

    @property
    def added(self) -> int:
        """Entries that are there now."""
        return sum(1 for listed in self.latest.values() if listed is not None)

    @property
    def removed(self) -> int:
        """Keys that are there no more, or never were."""
        return len(self.latest) - self.added

    def near(self, queries: Bytes, radius: int) -> Iterable[tuple[int, Key, int]]:
        """Number of the query, entry, distance in bits."""
        for segment in self.segments:
            for query, member, distance in segment.near(queries, radius):
                if self._counts(member):
                    yield query, key_of(member), distance

    def same(self, kind: str, digest: bytes) -> Iterable[Key]:
        """Entries with this exact digest."""
        found = (member for segment in self.segments for member in segment.same(kind, digest))
        return (key_of(member) for member in found if self._counts(member))

    def _counts(self, member: Member) -> bool:
        return self.latest.get(key_of(member)) is member[1]

"""What the audit log says of each piece of evidence: which generation counts, and which records it has to have."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluice.vault.entry import Action, Entry


@dataclass(frozen=True, slots=True)
class About:
    """`generation`: 0, then the number of the line that began the last destruction. `records`: number -> SHA-256 of
    each record of that generation. `unfinished`: generations whose destruction has begun and was not seen to end."""

    generation: int = 0
    records: Mapping[int, str] = field(default_factory=dict)
    unfinished: frozenset[int] = frozenset()


_NOTHING = About()


class Index:
    """Grows with the log. What `of` returned does not change."""

    __slots__ = ("_about",)

    def __init__(self) -> None:
        self._about: dict[str, About] = {}

    def of(self, evidence: str) -> About:
        """What is said of it; of what is not known, nothing."""
        return self._about.get(evidence, _NOTHING)

    def ids(self) -> list[str]:
        """Of everything that was ever here, in order."""
        return sorted(self._about)

    def add(self, entry: Entry) -> None:
        """One line more."""
        before = self.of(entry.evidence)
        if entry.action is Action.DESTROYED:
            self._about[entry.evidence] = replace(before, unfinished=before.unfinished - {entry.generation})
        elif entry.record and entry.generation == before.generation:
            if entry.action is Action.DESTROYING:
                now = About(entry.seq, {}, before.unfinished | {entry.generation})
            else:
                now = replace(before, records={**before.records, entry.record: entry.record_sha256})
            self._about[entry.evidence] = now

"""What the records of `moderation.shadow` come to: where a policy that is tried and the live one differ. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sluice.contract.names import short_name
from sluice.v1.decision_pb2 import Action
from sluice.v1.shadow_pb2 import Disagreement

K = TypeVar("K", str, tuple[str, str])

MOST_SAMPLES = 3
"""Request ids that are named for a rule, or for a pair of actions."""


@dataclass(slots=True)
class Count:
    """How many decisions, and a few of them by request id, the newest first."""

    decisions: int = 0
    samples: list[str] = field(default_factory=list)

    def add(self, request_id: str, stands_for: int) -> None:
        """Records come newest first."""
        self.decisions += stands_for
        if len(self.samples) < MOST_SAMPLES and request_id not in self.samples:
            self.samples.append(request_id)

    def form(self) -> dict[str, object]:
        """As JSON."""
        return {"decisions": self.decisions, "samples": self.samples}


@dataclass(slots=True)
class Shadowed:
    """One shadow policy's disagreements. The numbers are decisions, not records.

    `unknown`: of these the record lacks an answer that the shadow policy would have waited for; they are in no other
    number. `pairs`: by (live, shadow) action. `only_live`, `only_shadow`: by rule that fired in one alone.
    `unnamed`: decisions whose rules no record names, since too many kinds came at once.
    """

    digest: bytes
    version: str
    records: int = 0
    decisions: int = 0
    unknown: int = 0
    unnamed: int = 0
    live: set[bytes] = field(default_factory=set)
    pairs: dict[tuple[str, str], Count] = field(default_factory=dict)
    only_live: dict[str, Count] = field(default_factory=dict)
    only_shadow: dict[str, Count] = field(default_factory=dict)

    def add(self, found: Disagreement) -> None:
        """One record."""
        self.records += 1
        self.live.add(found.live_policy_digest)
        if not found.shadow_complete:
            self.unknown += found.stands_for
            return
        self.decisions += found.stands_for
        pair = short_name(Action, found.live_action) or "", short_name(Action, found.shadow_action) or ""
        self.pairs.setdefault(pair, Count()).add(found.request_id, found.stands_for)
        for counts, rules in ((self.only_live, found.only_live), (self.only_shadow, found.only_shadow)):
            for rule in rules:
                counts.setdefault(rule, Count()).add(found.request_id, found.stands_for)
        if not found.only_live and not found.only_shadow and _rules_differ(found):
            self.unnamed += found.stands_for

    def form(self) -> dict[str, object]:
        """As JSON. Keys may be added, never renamed or taken away."""
        return {
            "shadow_version": self.version,
            "shadow_digest": self.digest.hex(),
            "live_digests": sorted(one.hex() for one in self.live),
            "records": self.records,
            "decisions": self.decisions,
            "unknown": self.unknown,
            "unnamed": self.unnamed,
            "actions": [
                {"live": live, "shadow": shadow, **self.pairs[live, shadow].form()}
                for live, shadow in most_first(self.pairs)
            ],
            "only_live": [{"rule": rule, **self.only_live[rule].form()} for rule in most_first(self.only_live)],
            "only_shadow": [{"rule": rule, **self.only_shadow[rule].form()} for rule in most_first(self.only_shadow)],
        }


def most_first(counts: Mapping[K, Count]) -> list[K]:
    """The keys, those of most decisions first, then in order."""
    return sorted(counts, key=lambda key: (-counts[key].decisions, key))


def shadowed(records: Iterable[tuple[int, int, Disagreement]]) -> Sequence[Shadowed]:
    """One for each shadow policy, the newest first.

    `records`: append time (milliseconds since the epoch), partition number, message; in any order. A sample that was
    published twice, for the same decision, counts once.
    """
    seen: set[tuple[int, int, bytes]] = set()
    found: dict[bytes, Shadowed] = {}
    for _, partition, message in sorted(records, key=lambda one: one[0], reverse=True):
        digest = message.shadow_policy_digest
        place = partition, message.decision_offset, digest
        if place not in seen:
            seen.add(place)
            found.setdefault(digest, Shadowed(digest, message.shadow_policy_version)).add(message)
    return list(found.values())


def _rules_differ(found: Disagreement) -> bool:
    return {reason.rule for reason in found.live_reasons} != {reason.rule for reason in found.shadow_reasons}

"""From a decision record to what is counted and shown of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from policy_shadow.compare import Compared, Kind, compare, disagreement
from policy_shadow.sampler import Sample, Sampler
from sluice.attempt import Unforeseen, attempt
from sluice.bus.record import Headers, Outgoing, Record
from sluice.bus.topics import Topic
from sluice.contract.names import short_name
from sluice.errors import TerminalError
from sluice.policy.decider import Decide
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.shadow_pb2 import Disagreement

WINDOW_MS: Final = 60_000
"""One record of each kind in this time."""
MOST_KINDS: Final = 256
"""That are told apart at once: a replica writes at most that many records a minute, and one per pair of actions."""


@dataclass(frozen=True, slots=True)
class Found:
    """A disagreement, and where its record goes."""

    partition: int
    trace: Headers
    message: Disagreement


class ShadowRecords:
    """Decides what was decided again. What goes wrong here is counted and logged: it is nobody's dead letter."""

    def __init__(
        self, policy: Current[Policy], decide: Decide, metrics: Metrics, log: Log, now_ms: Callable[[], int]
    ) -> None:
        """`now_ms`: a clock that does not go back."""
        self._policy = policy
        self._decide = decide
        self._metrics = metrics
        self._log = log
        self._now_ms = now_ms
        self._sampler: Sampler[Kind, Found] = Sampler(WINDOW_MS, MOST_KINDS)
        for outcome in ("same", "different", "unknown", "failed"):
            self._decided(outcome, by=0.0)

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """What is to be shown of this decision now: one Disagreement, or nothing."""
        try:
            shown = await attempt(self._handle(record))
        except TerminalError:
            return self._failed(record, TerminalError.__name__, "")
        if isinstance(shown, Unforeseen):
            return self._failed(record, shown.kind, shown.place)
        return () if shown is None else (outgoing(shown),)

    def due(self) -> Sequence[Outgoing]:
        """What has been held back for long enough."""
        return [outgoing(sample) for sample in self._sampler.due(self._now_ms())]

    def rest(self) -> Sequence[Outgoing]:
        """All that is held back."""
        return [outgoing(sample) for sample in self._sampler.rest()]

    async def _handle(self, record: Record) -> Sample[Kind, Found] | None:
        policy = self._policy.value
        decision = Decision.FromString(record.value)
        compared = compare(decision, policy, self._decide)
        self._count(compared)
        if not compared.differs:
            return None
        found = Found(record.partition, record.trace(), disagreement(decision, record.offset, compared, policy))
        return self._sampler.add(compared.kind, compared.kind.coarse(), found, self._now_ms())

    def _count(self, compared: Compared) -> None:
        kind = compared.kind
        outcome = "different" if compared.differs else "same"
        self._decided(outcome if kind.known else "unknown")
        if not compared.differs:
            return
        pair = {
            "live": short_name(Action, kind.live) or "",
            "shadow": short_name(Action, kind.shadow) or "",
            "complete": str(kind.known).lower(),
        }
        self._metrics.count("shadow_disagreements", "Decisions that the two policies make differently.", pair)
        for word, rules in (("only_live", kind.only_live), ("only_shadow", kind.only_shadow)):
            for rule in rules:
                about = "Rules that fired under one of the two policies alone."
                self._metrics.count("shadow_rules", about, {**pair, "rule": rule, "kind": word})

    def _decided(self, outcome: str, by: float = 1.0) -> None:
        about = "Decisions that the shadow policy decided again, by whether it agrees."
        self._metrics.count("shadow_decisions", about, {"outcome": outcome}, by)

    def _failed(self, record: Record, kind: str, place: str) -> Sequence[Outgoing]:
        self._decided("failed")
        self._log.error(
            "not decided again", error=kind, detail=place, topic=record.topic, partition=record.partition,
            offset=record.offset,
        )  # fmt: skip
        return ()


def outgoing(sample: Sample[Kind, Found]) -> Outgoing:
    """The record, keyed by the request id, on the partition number of its decision."""
    found = sample.item
    message = Disagreement()
    message.CopyFrom(found.message)
    message.stands_for = sample.stands_for
    # One that stands for others with other rules says nothing of rules.
    del message.only_live[:]
    del message.only_shadow[:]
    message.only_live.extend(sample.kind.only_live)
    message.only_shadow.extend(sample.kind.only_shadow)
    key = message.request_id.encode()
    return Outgoing(Topic.SHADOW, found.partition, key, message.SerializeToString(), found.trace)

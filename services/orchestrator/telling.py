"""What the decision loop tells of decisions and breakers: in its log, and as metrics."""

from collections.abc import Iterable
from typing import Final

from orchestrator.breaker import Turned
from orchestrator.pending import Decided, Partition
from sluice.bus.record import Headers
from sluice.ids import parse_request_id
from sluice.telemetry.logging import Attribute, Log
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.trace_context import of_request, parse

OPENED: Final = ("breaker_opened", "Circuit breakers that opened, by kind and rule.")
"""The counter's name, and what it counts."""


class Telling:
    """Logs and counts. Tenants are not named: a tenant's breaker is found in the decisions themselves."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics
        self._tells = log.wants("debug")
        self.open_breakers(())

    def decided(self, effect: Decided, number: int) -> None:
        """A decision of partition `number`. A line for each would cost more than deciding."""
        decision = effect.outputs.decision
        complete = decision.complete
        if complete and not self._tells:
            return
        write = self._log.debug if complete else self._log.warning
        write(
            "decided",
            request_id=decision.request_id,
            action=decision.action,
            complete=complete,
            partition=number,
            **_trace(effect.entry.trace, decision.request_id),
        )

    def turned(self, turned: Turned, number: int) -> None:
        """A breaker of partition `number` opened or closed. The alert: `sluice_breaker_opened_total` goes up."""
        labels = {"kind": turned.kind, "rule": turned.rule}
        about: dict[str, Attribute] = {"kind": turned.kind, "partition": number, "count": turned.blocks}
        if turned.rule:
            about["rule"] = turned.rule
        if turned.opened:
            detail = f"{turned.blocks} BLOCKs in {turned.decisions} decisions: they are REVIEW for now"
            self._log.warning("breaker opened", **about, detail=detail)
            self._metrics.count(*OPENED, labels)
        else:
            self._log.info("breaker closed", **about)

    def open_breakers(self, partitions: Iterable[Partition]) -> None:
        """How many are open in the partitions that the loop owns."""
        count = sum(partition.open_breakers() for partition in partitions)
        self._metrics.gauge("breaker_open", "Circuit breakers that are open, over partitions in hand.", count)


def _trace(headers: Headers, request_id: str) -> dict[str, Attribute]:
    """The trace that a decision belongs to; nothing where there is none, nor a request's id to make one of."""
    found = parse(headers)
    if found is not None:
        return {"trace_id": found.trace_id}
    return {"trace_id": of_request(request_id).trace_id} if parse_request_id(request_id) else {}

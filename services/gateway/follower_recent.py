"""The newest decisions of each tenant, a line each: what the live list shows."""

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.bus.record import Record
from sluice.categories import CSAM
from sluice.contract.names import short_name
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.request_pb2 import Lane, Stage

MOST_ROWS: Final = 100
"""Of a tenant."""
MOST_TENANTS: Final = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A decision on one line. `at_ms`: when its record was appended; `took_ms`: from the request's record to it, None
    where that is not known; `place`: topic's partition and offset, which tell rows apart and order each partition's.
    """

    request_id: str
    tenant: str
    at_ms: int
    took_ms: int | None
    action: str
    complete: bool
    stage: str
    bulk: bool
    rules: tuple[str, ...]
    labels: tuple[str, ...]
    incident: bool
    place: tuple[int, int]


def tenant_of(decision: Decision) -> str:
    """Whose request it was; empty where it named nobody, and then no key's."""
    return decision.tenant


def is_incident(decision: Decision) -> bool:
    """Whether a content matched a list of known CSAM, of real or of test material: what must be reported."""
    return any(match.kind == CSAM for seen in decision.inputs for result in seen.results for match in result.matches)


def row_of(decision: Decision, record: Record) -> Row:
    """The line of a decision."""
    begun = decision.requested_at_ms
    return Row(
        request_id=decision.request_id,
        tenant=tenant_of(decision),
        at_ms=record.timestamp_ms,
        took_ms=max(0, record.timestamp_ms - begun) if begun else None,
        action=short_name(Action, decision.action) or "",
        complete=decision.complete,
        stage=short_name(Stage, decision.stage) or "",
        bulk=decision.lane == Lane.LANE_BULK,
        rules=tuple(dict.fromkeys(reason.rule for reason in decision.reasons)),
        labels=tuple(decision.labels),
        incident=is_incident(decision),
        place=(record.partition, record.offset),
    )


class Recent:
    """The `MOST_ROWS` newest rows of the `MOST_TENANTS` tenants that had the last of them. Safe on any thread."""

    def __init__(self, most_rows: int = MOST_ROWS, most_tenants: int = MOST_TENANTS) -> None:
        self._most_rows = most_rows
        self._most_tenants = most_tenants
        self._rows: OrderedDict[str, deque[Row]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, row: Row) -> None:
        """A decision was made."""
        with self._lock:
            rows = self._rows.setdefault(row.tenant, deque())
            self._rows.move_to_end(row.tenant)
            # Partitions are read one beside the other, at the start by large pieces: order is by time.
            at = len(rows)
            while at and rows[at - 1].at_ms > row.at_ms:
                at -= 1
            rows.insert(at, row)
            if len(rows) > self._most_rows:
                rows.popleft()
            if len(self._rows) > self._most_tenants:
                self._rows.popitem(last=False)

    def newest(self, tenant: str) -> Sequence[Row]:
        """Rows of a tenant, the newest first."""
        with self._lock:
            return tuple(reversed(self._rows.get(tenant, ())))

"""From an incident of the log to one in the ledger."""

from collections.abc import Callable, Sequence

from google.protobuf.message import DecodeError

from reporter.incident import filed
from reporter.ledger import Ledger
from sluice.bus.record import Outgoing, Record
from sluice.errors import PoisonError
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL
from sluice.v1.incident_pb2 import Incident


class Intake:
    """Takes each incident in once, however often it is read."""

    def __init__(self, ledger: Ledger, now: Callable[[], int]) -> None:
        """`now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._now = now

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """Returns when the ledger has it; nothing is published. RetryableError, PoisonError."""
        incident = _incident(record.value)
        await self._ledger.add(filed(incident, self._now()))
        return ()


def _incident(value: bytes) -> Incident:
    try:
        incident = Incident.FromString(value)
    except DecodeError as error:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "not an incident") from error
    if not incident.id or not incident.request_id:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "an incident without an id or a request")
    return incident

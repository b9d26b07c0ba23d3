"""From an incident of the log to one in the ledger."""

from collections.abc import Callable, Sequence

from google.protobuf.message import DecodeError

from reporter.asked import is_id
from reporter.exempting import Exempt
from reporter.incident import filed
from reporter.ledger import Ledger
from sluice.bus.record import Outgoing, Record
from sluice.errors import PoisonError
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_CONFLICT, DEAD_LETTER_REASON_INTERNAL
from sluice.v1.incident_pb2 import Incident


class Intake:
    """Takes each incident in once, however often it is read."""

    def __init__(self, ledger: Ledger, now: Callable[[], int], exempt: Exempt) -> None:
        """`now`: milliseconds since the epoch."""
        self._ledger = ledger
        self._now = now
        self._exempt = exempt

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """Returns when no expiry takes its originals, and the ledger has it; nothing is published. RetryableError;
        PoisonError for what is none, and for one that is not that of its id."""
        incident = _incident(record.value)
        one = filed(incident, self._now())
        # What the ledger has may be preserved, and gone from the object store: nobody would remove another copy.
        if await self._ledger.incident(one.id) is None:
            await self._exempt(one.pictures())
        if not await self._ledger.add(one):
            known = await self._ledger.incident(incident.id)
            if known is None or known.incident() != incident:
                told = f"incident {incident.id} of request {incident.request_id} is in the ledger as another one"
                raise PoisonError(DEAD_LETTER_REASON_CONFLICT, f"{told}: this one is neither preserved nor reported")
        return ()


def _incident(value: bytes) -> Incident:
    try:
        incident = Incident.FromString(value)
    except DecodeError as error:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "not an incident") from error
    if not incident.id or not incident.request_id:
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "an incident without an id or a request")
    if not is_id(incident.id):
        # Nobody could confirm or release it, and no report is to wait for that for ever.
        raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "an incident with an id that no person could name")
    return incident

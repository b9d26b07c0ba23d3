"""`sluice.v1.Reporter`: what became of incidents, and what people say about them."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.message import Message

from reporter.asked import after_of, id_of, limit_of, report_id_of, states_of, who_of, why_of
from reporter.desk import Desk, UnknownIncidentError
from reporter.incident import Filed, WrongStandingError
from reporter.ledger import KINDS, Ledger
from reporter.report import Report
from reporter.told import counts_told, incident_told
from sluice.errors import RetryableError
from sluice.host.refusal import RefusalError
from sluice.host.room import Room
from sluice.telemetry.logging import Log
from sluice.v1.reporter_pb2 import (
    ConfirmIncidentRequest,
    ConfirmIncidentResponse,
    FileIncidentRequest,
    FileIncidentResponse,
    GetIncidentRequest,
    GetIncidentResponse,
    IncidentRecord,
    ListIncidentsRequest,
    ListIncidentsResponse,
    ReleaseIncidentRequest,
    ReleaseIncidentResponse,
    ReportIncidentRequest,
    ReportIncidentResponse,
)
from sluice.v1.reporter_pb2_grpc import ReporterServicer

MOST_BYTES: Final = 3 << 20
"""Of a list; clients take messages of 4 MiB unless they are told otherwise."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind the door once the service is open. `changed`: called when a person has made work; `kinds`: of
    incidents, those that a tip line takes."""

    desk: Desk
    ledger: Ledger
    room: Room
    log: Log
    changed: Callable[[], None]
    kinds: Collection[bool] = KINDS


class ReporterRpc(ReporterServicer):
    """`behind` is None until the service is open, and once it closes."""

    def __init__(self) -> None:
        self.behind: Behind | None = None

    async def ListIncidents(  # noqa: N802 - the contract names it
        self,
        request: ListIncidentsRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> ListIncidentsResponse:
        """The first seen first; no more than fit into a message. NOT_FOUND."""
        states, limit, after = states_of(request.states), limit_of(request.limit), after_of(request.after)
        with self._held(request) as behind:
            if after:
                await _known(behind, after)
            found = await behind.ledger.incidents(states, limit + 1, after)
            reports: dict[int, Report | None] = {}
            told = ListIncidentsResponse(more=len(found) > limit, counts=counts_told(await behind.ledger.counts()))
            size = 0
            for one in found[:limit]:
                if one.report and one.report not in reports:
                    reports[one.report] = await behind.desk.report_of(one)
                record = incident_told(one, reports.get(one.report), behind.kinds)
                size += record.ByteSize()
                if size > MOST_BYTES and told.incidents:
                    told.more = True
                    break
                told.incidents.append(record)
            return told

    async def GetIncident(  # noqa: N802 - the contract names it
        self,
        request: GetIncidentRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> GetIncidentResponse:
        """NOT_FOUND."""
        incident_id = id_of(request.incident_id)
        with self._held(request) as behind:
            return GetIncidentResponse(incident=await _record(behind, await _known(behind, incident_id)))

    async def ConfirmIncident(  # noqa: N802 - the contract names it
        self,
        request: ConfirmIncidentRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> ConfirmIncidentResponse:
        """It will be reported. NOT_FOUND, FAILED_PRECONDITION."""
        incident_id, who, why = id_of(request.incident_id), who_of(request.who), why_of(request.why)
        with self._held(request) as behind:
            one = await behind.desk.confirm(incident_id, who, why, request.viewed)
            return ConfirmIncidentResponse(incident=await _decided(behind, one, "a person confirmed an incident"))

    async def ReleaseIncident(  # noqa: N802 - the contract names it
        self,
        request: ReleaseIncidentRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> ReleaseIncidentResponse:
        """It will not be reported. NOT_FOUND, FAILED_PRECONDITION."""
        incident_id, who, why = id_of(request.incident_id), who_of(request.who), why_of(request.why)
        with self._held(request) as behind:
            one = await behind.desk.release(incident_id, who, why)
            return ReleaseIncidentResponse(incident=await _decided(behind, one, "a person released an incident"))

    async def ReportIncident(  # noqa: N802 - the contract names it
        self,
        request: ReportIncidentRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> ReportIncidentResponse:
        """It waits no longer. NOT_FOUND, FAILED_PRECONDITION."""
        incident_id, who = id_of(request.incident_id), who_of(request.who)
        with self._held(request) as behind:
            one = await behind.desk.report(incident_id, who)
            return ReportIncidentResponse(
                incident=await _decided(behind, one, "a person wants an incident reported now")
            )

    async def FileIncident(  # noqa: N802 - the contract names it
        self,
        request: FileIncidentRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # noqa: ARG002 - gRPC gives it
    ) -> FileIncidentResponse:
        """A person has reported it. NOT_FOUND, FAILED_PRECONDITION."""
        incident_id, report_id = id_of(request.incident_id), report_id_of(request.report_id)
        who, why = who_of(request.who), why_of(request.why)
        with self._held(request) as behind:
            one = await behind.desk.filed(incident_id, report_id, who, why)
            return FileIncidentResponse(incident=await _decided(behind, one, "a person has filed a report"))

    @contextmanager
    def _held(self, request: Message) -> Iterator[Behind]:
        """A call has room, and errors of the desk are the contract's codes."""
        behind = self.behind
        if behind is None:
            raise RetryableError("not ready")
        try:
            with behind.room.held(request.ByteSize()):
                yield behind
        except UnknownIncidentError as error:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, str(error)) from error
        except WrongStandingError as error:
            raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, str(error)) from error


async def _known(behind: Behind, incident_id: str) -> Filed:
    one = await behind.ledger.incident(incident_id)
    if one is None:
        raise UnknownIncidentError(f"there is no incident {incident_id}")
    return one


async def _record(behind: Behind, one: Filed) -> IncidentRecord:
    return incident_told(one, await behind.desk.report_of(one), behind.kinds)


async def _decided(behind: Behind, one: Filed, event: str) -> IncidentRecord:
    """Who it was is in the ledger, not in the log: it is the name of a person."""
    behind.log.info(event, incident_id=one.id, request_id=one.incident().request_id, state=one.standing.value)
    behind.changed()
    return await _record(behind, one)

"""Records as the reporter tells them, and a reporter that tells them, for tests of `sluice incidents`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc

from sluice.v1.incident_pb2 import Incident, IncidentContent
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_CONFIRMED,
    INCIDENT_STATE_FAILED,
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_NEW,
    INCIDENT_STATE_RELEASED,
    INCIDENT_STATE_REPORTED,
    INCIDENT_STATE_REPORTING,
    REPORT_PHASE_FAILED,
    REPORT_PHASE_FINISHED,
    REPORT_PHASE_UPLOADING,
    ConfirmIncidentRequest,
    ConfirmIncidentResponse,
    FileIncidentRequest,
    FileIncidentResponse,
    GetIncidentRequest,
    GetIncidentResponse,
    IncidentRecord,
    IncidentState,
    ListIncidentsRequest,
    ListIncidentsResponse,
    ReleaseIncidentRequest,
    ReleaseIncidentResponse,
    ReportIncidentRequest,
    ReportIncidentResponse,
    ReportPhase,
    ReportRecord,
    Saying,
    StateCount,
)
from sluice.v1.reporter_pb2_grpc import ReporterServicer, add_ReporterServicer_to_server
from sluice.v1.request_pb2 import ROLE_UPLOAD, STAGE_PROMPT
from sluice.v1.verdict_pb2 import ListMatch

AT = 1_795_284_869_582
WHEN = "2026-11-21T18:14:29Z"
ACCOUNT = "acct-verdigris"
APPEAL = "ABCD-EFGH-IJKL-MNOP"


def record(
    name: str, state: "IncidentState.ValueType", phase: "ReportPhase.ValueType | None" = None
) -> IncidentRecord:
    """An incident called `name`; `phase`: that of its report, where it is part of one."""
    match = ListMatch(list="test-bank", entry="e1", kind="csam", method="pdq", distance=6, test=True)
    content = IncidentContent(content_id="c0", role=ROLE_UPLOAD, matches=[match])
    found = IncidentRecord(
        incident=Incident(
            id=name,
            request_id=f"request-of-{name}",
            account_id=ACCOUNT,
            tenant="studio",
            stage=STAGE_PROMPT,
            rule="known-csam",
            contents=[content],
            requested_at_ms=AT,
            test=True,
        ),
        state=state,
        seen_at_ms=AT,
        evidence_ids=["ab" * 32],
        purged=True,
        said=[Saying(what="confirmed", who="ann", why="the same picture", at_ms=AT)],
        appeal_reference=APPEAL if name == "reported" else "",
    )
    if phase is not None:
        found.report.CopyFrom(
            ReportRecord(
                number=3,
                report_id="4000001",
                phase=phase,
                begun_at_ms=AT,
                attempts=1,
                finished_at_ms=AT if phase == REPORT_PHASE_FINISHED else 0,
                code=4100 if phase == REPORT_PHASE_FAILED else 0,
                problem="the document is not valid" if phase == REPORT_PHASE_FAILED else "",
                incident_ids=[name],
                files=1,
                files_described=1,
            )
        )
    return found


def _seen(one: IncidentRecord, place: int) -> IncidentRecord:
    one.seen_at_ms += place
    return one


_OF_EACH_KIND = (
    record("new", INCIDENT_STATE_NEW),
    record("under-way", INCIDENT_STATE_REPORTING, REPORT_PHASE_UPLOADING),
    record("stuck", INCIDENT_STATE_REPORTING, REPORT_PHASE_FAILED),
    record("held", INCIDENT_STATE_HELD),
    record("failed", INCIDENT_STATE_FAILED),
    record("reported", INCIDENT_STATE_REPORTED, REPORT_PHASE_FINISHED),
    record("nowhere", INCIDENT_STATE_REPORTING),
    record("released", INCIDENT_STATE_RELEASED),
)
RECORDS = tuple(_seen(one, at) for at, one in enumerate(_OF_EACH_KIND))
"""In the order in which they were seen."""
NO_TIP_LINE = "a tip line: there is none for real incidents (SLUICE_TIPLINE_URL)"


class Reporter(ReporterServicer):
    """Tells `RECORDS`, at most `page` at once, and remembers what it was asked to do, and to list. What is called
    "busy" is never answered in time."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.lists: list[ListIncidentsRequest] = []
        self.page = 1000

    def ListIncidents(self, request: ListIncidentsRequest, context: grpc.ServicerContext) -> ListIncidentsResponse:  # noqa: N802 - the contract
        states: Sequence[int] = request.states
        self.lists.append(request)
        after = RECORDS.index(self._found(request.after, context)) + 1 if request.after else 0
        found = [one for one in RECORDS[after:] if not states or one.state in states]
        numbers = Counter(one.state for one in RECORDS)
        counts = [StateCount(state=state, incidents=count) for state, count in numbers.items()]
        page = min(request.limit, self.page)
        return ListIncidentsResponse(incidents=found[:page], more=len(found) > page, counts=counts)

    def GetIncident(self, request: GetIncidentRequest, context: grpc.ServicerContext) -> GetIncidentResponse:  # noqa: N802 - the contract
        return GetIncidentResponse(incident=self._found(request.incident_id, context))

    def ConfirmIncident(  # noqa: N802 - the contract
        self, request: ConfirmIncidentRequest, context: grpc.ServicerContext
    ) -> ConfirmIncidentResponse:
        return ConfirmIncidentResponse(incident=self._changed(request, context, INCIDENT_STATE_CONFIRMED))

    def ReleaseIncident(  # noqa: N802 - the contract
        self, request: ReleaseIncidentRequest, context: grpc.ServicerContext
    ) -> ReleaseIncidentResponse:
        return ReleaseIncidentResponse(incident=self._changed(request, context, INCIDENT_STATE_RELEASED))

    def ReportIncident(self, request: ReportIncidentRequest, context: grpc.ServicerContext) -> ReportIncidentResponse:  # noqa: N802 - the contract
        return ReportIncidentResponse(incident=self._changed(request, context, INCIDENT_STATE_CONFIRMED))

    def FileIncident(self, request: FileIncidentRequest, context: grpc.ServicerContext) -> FileIncidentResponse:  # noqa: N802 - the contract
        return FileIncidentResponse(incident=self._changed(request, context, INCIDENT_STATE_REPORTED))

    def _changed(
        self,
        request: ConfirmIncidentRequest | ReleaseIncidentRequest | ReportIncidentRequest | FileIncidentRequest,
        context: grpc.ServicerContext,
        state: "IncidentState.ValueType",
    ) -> IncidentRecord:
        found = IncidentRecord.FromString(self._found(request.incident_id, context).SerializeToString())
        if found.state == INCIDENT_STATE_REPORTED:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "incident reported is reported")
        self.asked.append(request)
        found.state = state
        if found.incident.id == "nowhere":
            found.waits_for = NO_TIP_LINE
        return found

    def _found(self, name: str, context: grpc.ServicerContext) -> IncidentRecord:
        if name == "busy":
            context.abort(grpc.StatusCode.UNAVAILABLE, "the ledger does not answer")
        if name == "bad":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "who should be somebody")
        for one in RECORDS:
            if one.incident.id == name:
                return one
        context.abort(grpc.StatusCode.NOT_FOUND, f"there is no incident {name}")
        raise AssertionError("abort raises")


@contextmanager
def reporting() -> Iterator[tuple[Reporter, str]]:
    """A reporter, and where it listens."""
    server = grpc.server(ThreadPoolExecutor(2))
    reporter = Reporter()
    add_ReporterServicer_to_server(reporter, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield reporter, f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()

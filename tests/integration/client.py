"""What a caller of ours does, in few words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import grpc

from sluice.ids import new_request_id
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.ingest_pb2 import PrepareHeader, PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestStub
from sluice.v1.orchestrator_pb2 import ModerateRequest, ModerateResponse
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import (
    OPERATION_GENERATE,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Content,
    Operation,
    Request,
    Role,
    Stage,
    Subject,
)

SECONDS = 90.0


def prompt(text: str) -> Content:
    """A prompt."""
    return Content(role=ROLE_PROMPT, text=text)


def upload(data: bytes) -> Content:
    """An uploaded picture."""
    return Content(role=ROLE_UPLOAD, image=data)


def generated(data: bytes) -> Content:
    """A generated picture."""
    return Content(role=ROLE_GENERATED, image=data)


def ask(
    *contents: Content,
    stage: "Stage.ValueType" = STAGE_PROMPT,
    operation: "Operation.ValueType" = OPERATION_GENERATE,
    generation_id: str = "",
    deadline_ms: int = 60_000,
    request_id: str = "",
    account_id: str = "",
    tenant: str = "",
) -> Request:
    """A request with a fresh id."""
    return Request(
        id=request_id or new_request_id(),
        generation_id=generation_id,
        stage=stage,
        operation=operation,
        contents=contents,
        deadline_ms=deadline_ms,
        subject=Subject(account_id=account_id, tenant=tenant),
    )


def ask_output(data: bytes, generation_id: str = "", deadline_ms: int = 60_000, tenant: str = "") -> Request:
    """An OUTPUT request for one picture."""
    return ask(
        generated(data), stage=STAGE_OUTPUT, generation_id=generation_id, deadline_ms=deadline_ms, tenant=tenant
    )


def action(decision: Decision) -> str:
    """ALLOW, REVIEW or BLOCK."""
    return Action.Name(decision.action).removeprefix("ACTION_")


def rules(decision: Decision) -> set[str]:
    """Ids of the rules among the reasons."""
    return {reason.rule for reason in decision.reasons}


@dataclass(frozen=True, slots=True)
class Client:
    """gRPC channels by service name."""

    channels: Mapping[str, grpc.Channel]

    def moderate(self, request: Request) -> ModerateResponse:
        """The orchestrator's road."""
        stub = OrchestratorStub(self.channels["orchestrator"])
        return stub.Moderate(ModerateRequest(request=request), timeout=SECONDS)

    def decide(self, request: Request) -> Decision:
        """The decision alone."""
        return self.moderate(request).decision

    def prepare(self, data: bytes, role: "Role.ValueType", media_type: str = "") -> PrepareResponse:
        """Ingest's own door."""

        def parts() -> Iterator[PrepareRequest]:
            yield PrepareRequest(header=PrepareHeader(role=role, media_type=media_type))
            for at in range(0, len(data), 1 << 19):
                yield PrepareRequest(chunk=data[at : at + (1 << 19)])

        return IngestStub(self.channels["ingest"]).Prepare(parts(), timeout=SECONDS)

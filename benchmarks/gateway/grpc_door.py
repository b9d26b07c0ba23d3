"""The gRPC door: Orchestrator.Moderate."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import grpc.aio

from benchmarks.gateway.side import NoAnswerError
from sluice.ids import new_request_id
from sluice.v1.decision_pb2 import ACTION_ALLOW
from sluice.v1.orchestrator_pb2 import ModerateRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import ROLE_PROMPT, STAGE_PROMPT, Content, Request

if TYPE_CHECKING:
    # Only in the stub file.
    from sluice.v1.orchestrator_pb2_grpc import OrchestratorAsyncStub

NAME = "gRPC door"
DEADLINE_MS = 60_000
SETTLE_SECONDS = 1.0
"""A stack commits what it has done, and reads what others of it wrote, after the last answer."""
_CALL_SECONDS = 90.0


class GrpcDoor:
    """One channel, as many calls on it as are asked for. See `Side`."""

    name = NAME

    def __init__(
        self, channel: grpc.aio.Channel, cpu: Callable[[], Mapping[str, float]], settle: float = SETTLE_SECONDS
    ) -> None:
        """`cpu`, `settle`: see `Side`."""
        self.settle = settle
        self._stub: OrchestratorAsyncStub = OrchestratorStub(channel)
        self.cpu = cpu

    async def ask(self, text: str) -> bool:
        """A request at stage PROMPT with a new id."""
        request = Request(
            id=new_request_id(),
            stage=STAGE_PROMPT,
            deadline_ms=DEADLINE_MS,
            contents=[Content(role=ROLE_PROMPT, text=text)],
        )
        try:
            answer = await self._stub.Moderate(ModerateRequest(request=request), timeout=_CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise NoAnswerError(f"{error.code().name}: {error.details()}") from error
        if not answer.decision.complete:
            raise NoAnswerError("an incomplete decision")
        return answer.decision.action != ACTION_ALLOW

    async def close(self) -> None:
        """Nothing: the channel is its maker's."""

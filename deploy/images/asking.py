"""One harmless picture at the orchestrator's door: every check judges it, and it leaves signed."""

import io
import time
import uuid
from dataclasses import dataclass
from typing import Final

import grpc
from PIL import Image

from sluice.contract.names import short_name
from sluice.errors import NotReadyError
from sluice.v1.decision_pb2 import Action
from sluice.v1.orchestrator_pb2 import ModerateRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import Content, Request, Role, Stage

_DEADLINE_MS: Final = 60_000
_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`signed`: SHA-256 of the signed picture, hexadecimal; empty where nothing was signed."""

    action: str
    complete: bool
    signed: str
    seconds: float


def picture() -> bytes:
    """A PNG of 256 pixels a side: a blue that turns into green."""
    blue, green = Image.new("RGB", (256, 256), (40, 90, 200)), Image.new("RGB", (256, 256), (60, 180, 90))
    out = io.BytesIO()
    Image.composite(blue, green, Image.linear_gradient("L")).save(out, "PNG")
    return out.getvalue()


def ask(address: str) -> Answer:
    """What the stack behind this orchestrator answers. Raises NotReadyError where it does not."""
    request = Request(
        id=str(uuid.uuid4()),
        stage=Stage.STAGE_OUTPUT,
        deadline_ms=_DEADLINE_MS,
        contents=[
            Content(role=Role.ROLE_PROMPT, text="a meadow under a blue sky"),
            Content(role=Role.ROLE_GENERATED, image=picture()),
        ],
    )
    began = time.monotonic()
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            answer = OrchestratorStub(channel).Moderate(ModerateRequest(request=request), timeout=_SECONDS)
        except grpc.RpcError as error:
            raise NotReadyError(f"the orchestrator did not answer: {error.code().name}") from error
    decision = answer.decision
    action = short_name(Action, decision.action) or "none"
    seconds = round(time.monotonic() - began, 2)
    return Answer(action, decision.complete, answer.asset.signed.sha256.hex(), seconds)

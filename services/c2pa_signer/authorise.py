"""Whether a decision lets exactly these bytes be signed."""

from sluice.errors import TerminalError
from sluice.v1.decision_pb2 import ACTION_ALLOW, Action, Decision
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT


def authorise(decision: Decision | None, request_id: str, source_sha256: bytes) -> None:
    """Returns where `decision`, as the log has it, allows the picture with this SHA-256 (32 bytes) to leave for
    this request. Raises TerminalError with the reason in every other case: whoever asks has proved nothing."""
    reason = _objection(decision, request_id, source_sha256)
    if reason:
        raise TerminalError(f"not signed: {reason}")


def _objection(decision: Decision | None, request_id: str, source_sha256: bytes) -> str:
    if decision is None:
        return "the request has no decision"
    if not request_id or decision.request_id != request_id:
        return "the decision is of another request"
    if decision.stage != STAGE_OUTPUT:
        return "the decision is not of an output"
    if decision.action != ACTION_ALLOW:
        return f"the decision is {_name(decision.action)}"
    if not decision.complete:
        return "the decision is incomplete"
    if decision.unprocessable or any(content.unprocessable for content in decision.contents):
        return "the request could not be read"
    generated = [c for c in decision.contents if c.role == ROLE_GENERATED and not c.view_of]
    if len(generated) != 1:
        return f"the decision has {len(generated)} generated pictures, not one"
    if len(source_sha256) != 32 or generated[0].sha256 != source_sha256:
        return "the decision is of other bytes"
    return ""


def _name(action: Action.ValueType) -> str:
    return Action.Name(action).removeprefix("ACTION_") if action in Action.values() else str(action)

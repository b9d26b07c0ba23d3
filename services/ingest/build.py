"""The contents record of one request: what every check works from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.validate import Refused
from sluice.contract.digests import request_digest
from sluice.v1.contents_pb2 import Contents, PreparedContent, PromptDecision
from sluice.v1.request_pb2 import Lane, Request


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request lies, and when the broker appended it (milliseconds since the epoch, UTC)."""

    lane: Lane.ValueType
    partition: int
    offset: int
    appended_at_ms: int


@dataclass(frozen=True, slots=True)
class StageDeadline:
    """How long a decision may take at one stage, in milliseconds: by default, and where a request asks for more or
    for less."""

    default_ms: int
    max_ms: int
    min_ms: int = 0


def build(
    request: Request,
    prepared: Sequence[PreparedContent],
    source: Source,
    deadlines: Mapping[int, StageDeadline],
    prompt_decision: PromptDecision | None = None,
    refused: Refused | None = None,
) -> Contents:
    """The record for a request whose contents were prepared, or that was `refused` as a whole.

    `deadlines`: by stage number; a stage that is not there gets the shortest, since its request ends at once.
    `prompt_decision`: what the log says of the PROMPT request, for OUTPUT requests with a generation_id.
    """
    contents = Contents(
        request_id=request.id,
        generation_id=request.generation_id,
        stage=request.stage,
        operation=request.operation,
        lane=source.lane,
        subject=request.subject,
        contents=prepared,
        requested_at_ms=source.appended_at_ms,
        deadline_at_ms=source.appended_at_ms + allowed_ms(request, deadlines),
        content_digest=request_digest(request),
        released_from=request.released_from,
        source_partition=source.partition,
        source_offset=source.offset,
    )
    if prompt_decision is not None:
        contents.prompt_decision.CopyFrom(prompt_decision)
    if refused is not None:
        contents.unprocessable = refused.reason
        contents.detail = refused.detail
    return contents


def allowed_ms(request: Request, deadlines: Mapping[int, StageDeadline]) -> int:
    """Milliseconds that a request has: what it asks for, within what its stage allows."""
    stage = deadlines.get(request.stage) or min(deadlines.values(), key=lambda deadline: deadline.default_ms)
    return min(max(request.deadline_ms or stage.default_ms, stage.min_ms), stage.max_ms)

"""The contents record says what was asked, what was found, and until when."""

import pytest

from ingest.build import Source, StageDeadline, build
from ingest.validate import Refused
from sluice.contract.digests import contents_digest, request_digest
from sluice.v1.contents_pb2 import UNPROCESSABLE_NO_CONTENTS, PreparedContent, PreparedText, PromptDecision
from sluice.v1.decision_pb2 import ACTION_ALLOW
from sluice.v1.request_pb2 import (
    LANE_BULK,
    LANE_INTERACTIVE,
    OPERATION_EDIT,
    ROLE_PROMPT,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Content,
    Request,
    Subject,
)

SOURCE = Source(lane=LANE_BULK, partition=7, offset=41, appended_at_ms=1_700_000_000_000)
DEADLINES = {
    int(STAGE_PROMPT): StageDeadline(default_ms=2_000, max_ms=60_000, min_ms=500),
    int(STAGE_OUTPUT): StageDeadline(default_ms=10_000, max_ms=30_000),
}


def request() -> Request:
    return Request(
        id="0f8fad5b-d9cb-469f-a165-70867728950e",
        generation_id="6f9619ff-8b86-4011-b42d-00cf4fc964ff",
        stage=STAGE_OUTPUT,
        operation=OPERATION_EDIT,
        lane=LANE_INTERACTIVE,
        subject=Subject(account_id="a", tenant="t"),
        contents=[Content(role=ROLE_PROMPT, text="a lighthouse")],
        released_from="x",
    )


def prepared(of: Request) -> list[PreparedContent]:
    digest = b"\x9d" * 32
    of.contents[0].reference.sha256 = digest
    return [PreparedContent(id="c0", role=ROLE_PROMPT, sha256=digest, text=PreparedText(text="a", folded="a"))]


def test_everything_that_was_asked_is_in_the_record() -> None:
    asked = request()
    contents = prepared(asked)
    made = build(asked, contents, SOURCE, DEADLINES, PromptDecision(action=ACTION_ALLOW, offset=12))
    assert (made.request_id, made.generation_id, made.stage, made.operation, made.subject, made.released_from) == (
        asked.id,
        asked.generation_id,
        STAGE_OUTPUT,
        OPERATION_EDIT,
        asked.subject,
        "x",
    )
    assert list(made.contents) == contents
    assert made.prompt_decision == PromptDecision(action=ACTION_ALLOW, offset=12)
    assert made.content_digest == request_digest(asked) == contents_digest(made)
    assert (made.unprocessable, made.detail) == (0, "")


def test_the_topic_is_the_lane() -> None:
    made = build(request(), [], SOURCE, DEADLINES)
    assert (made.lane, made.source_partition, made.source_offset) == (LANE_BULK, 7, 41)
    assert not made.HasField("prompt_decision")


@pytest.mark.parametrize(
    ("stage", "asked_ms", "allowed_ms"),
    [
        (STAGE_PROMPT, 0, 2_000),
        (STAGE_OUTPUT, 0, 10_000),
        (STAGE_PROMPT, 1, 500),
        (STAGE_PROMPT, 501, 501),
        (STAGE_OUTPUT, 1, 1),
        (STAGE_OUTPUT, 30_000, 30_000),
        (STAGE_OUTPUT, 30_001, 30_000),
        (STAGE_PROMPT, 2**32 - 1, 60_000),
        (99, 0, 2_000),
    ],
)
def test_the_deadline_counts_from_the_append_time(stage: int, asked_ms: int, allowed_ms: int) -> None:
    asked = Request(deadline_ms=asked_ms)
    asked.MergeFromString(b"\x18" + bytes([stage]))
    made = build(asked, [], SOURCE, DEADLINES)
    assert made.requested_at_ms == SOURCE.appended_at_ms
    assert made.deadline_at_ms == SOURCE.appended_at_ms + allowed_ms


def test_a_refused_request_says_why() -> None:
    made = build(request(), [], SOURCE, DEADLINES, refused=Refused(UNPROCESSABLE_NO_CONTENTS, "no contents"))
    assert (made.unprocessable, made.detail) == (UNPROCESSABLE_NO_CONTENTS, "no contents")
    assert made.content_digest == request_digest(request())

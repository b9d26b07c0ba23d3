"""Who may sign what: one decision in the log, these very bytes, and nothing less."""

import pytest

from c2pa_signer.authorise import authorise
from sluice.errors import TerminalError
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, ContentSummary, Decision
from sluice.v1.request_pb2 import ROLE_GENERATED, ROLE_PROMPT, ROLE_UPLOAD, STAGE_OUTPUT, STAGE_PROMPT
from tests.unit.build import OTHER_ID, REQUEST_ID

PICTURE = b"g" * 32
PROMPT = ContentSummary(id="c0", role=ROLE_PROMPT, sha256=b"p" * 32, kind="text")
GENERATED = ContentSummary(id="c1", role=ROLE_GENERATED, sha256=PICTURE, kind="image")


def allowed() -> Decision:
    return Decision(
        request_id=REQUEST_ID,
        stage=STAGE_OUTPUT,
        action=ACTION_ALLOW,
        complete=True,
        contents=[PROMPT, GENERATED],
    )


def changed(**fields: object) -> Decision:
    decision = allowed()
    for name, value in fields.items():
        if name == "contents":
            del decision.contents[:]
            decision.contents.extend(value)  # type: ignore[arg-type]
        else:
            setattr(decision, name, value)
    return decision


def test_an_allowed_output_may_be_signed() -> None:
    authorise(allowed(), REQUEST_ID, PICTURE)


def test_views_of_one_picture_are_one_picture() -> None:
    view = ContentSummary(id="c1.1", role=ROLE_GENERATED, sha256=PICTURE, kind="image", view_of="c1")
    authorise(
        Decision.FromString(allowed().SerializeToString() + Decision(contents=[view]).SerializeToString()),
        REQUEST_ID,
        PICTURE,
    )


@pytest.mark.parametrize(
    ("decision", "request_id", "sha256", "reason"),
    [
        (None, REQUEST_ID, PICTURE, "has no decision"),
        (allowed(), OTHER_ID, PICTURE, "of another request"),
        (changed(request_id=""), "", PICTURE, "of another request"),
        (changed(stage=STAGE_PROMPT), REQUEST_ID, PICTURE, "not of an output"),
        (changed(stage=0), REQUEST_ID, PICTURE, "not of an output"),
        (changed(action=ACTION_BLOCK), REQUEST_ID, PICTURE, "is BLOCK"),
        (changed(action=ACTION_REVIEW), REQUEST_ID, PICTURE, "is REVIEW"),
        (changed(action=0), REQUEST_ID, PICTURE, "is UNSPECIFIED"),
        (changed(action=77), REQUEST_ID, PICTURE, "is 77"),
        (changed(complete=False), REQUEST_ID, PICTURE, "incomplete"),
        (changed(unprocessable="no_contents"), REQUEST_ID, PICTURE, "could not be read"),
        (
            changed(contents=[GENERATED, ContentSummary(role=ROLE_UPLOAD, unprocessable="truncated")]),
            REQUEST_ID,
            PICTURE,
            "could not be read",
        ),
        (changed(contents=[PROMPT]), REQUEST_ID, PICTURE, "0 generated pictures"),
        (changed(contents=[GENERATED, GENERATED]), REQUEST_ID, PICTURE, "2 generated pictures"),
        (allowed(), REQUEST_ID, b"x" * 32, "of other bytes"),
        (allowed(), REQUEST_ID, PROMPT.sha256, "of other bytes"),
        (allowed(), REQUEST_ID, b"", "of other bytes"),
        (changed(contents=[ContentSummary(role=ROLE_GENERATED)]), REQUEST_ID, b"", "of other bytes"),
    ],
)
def test_anything_else_may_not(decision: Decision | None, request_id: str, sha256: bytes, reason: str) -> None:
    with pytest.raises(TerminalError, match=reason):
        authorise(decision, request_id, sha256)

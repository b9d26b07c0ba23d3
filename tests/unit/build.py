"""Makers of the contract's messages for tests: short where a test does not care, explicit where it does."""

from collections.abc import Mapping

from sluice.v1 import contents_pb2, request_pb2, verdict_pb2

REQUEST_ID = "0b8f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e11"
OTHER_ID = "9a1f2c8e-3a55-4f0e-9d6f-3c8a3d5f1e22"


def text(content_id: str = "c0", role: int = request_pb2.ROLE_PROMPT) -> contents_pb2.PreparedContent:
    """A prepared text."""
    return contents_pb2.PreparedContent(
        id=content_id,
        role=request_pb2.Role.ValueType(role),
        sha256=b"t" * 32,
        text=contents_pb2.PreparedText(text="a lighthouse", folded="a lighthouse"),
    )


def image(content_id: str = "c0", role: int = request_pb2.ROLE_UPLOAD) -> contents_pb2.PreparedContent:
    """A prepared picture."""
    prepared = contents_pb2.PreparedImage(
        original=request_pb2.ObjectReference(uri=f"file:///o/{content_id}", sha256=b"i" * 32, size_bytes=9),
        digests=contents_pb2.ImageDigests(md5=b"m" * 16, sha1=b"s" * 20, pdq=[b"p" * 32], pdq_quality=99),
    )
    return contents_pb2.PreparedContent(
        id=content_id, role=request_pb2.Role.ValueType(role), sha256=b"i" * 32, image=prepared
    )


def contents(
    *prepared: contents_pb2.PreparedContent,
    stage: int = request_pb2.STAGE_PROMPT,
    operation: int = request_pb2.OPERATION_GENERATE,
    age_band: int = request_pb2.AGE_BAND_UNKNOWN,
    request_id: str = REQUEST_ID,
    digest: bytes = b"d" * 32,
    deadline_at_ms: int = 2000,
    generation_id: str = "",
) -> contents_pb2.Contents:
    """A contents record, requested at 1000 ms."""
    return contents_pb2.Contents(
        request_id=request_id,
        generation_id=generation_id,
        stage=request_pb2.Stage.ValueType(stage),
        operation=request_pb2.Operation.ValueType(operation),
        lane=request_pb2.LANE_INTERACTIVE,
        subject=request_pb2.Subject(account_id="account", age_band=request_pb2.AgeBand.ValueType(age_band)),
        contents=prepared,
        requested_at_ms=1000,
        deadline_at_ms=deadline_at_ms,
        content_digest=digest,
    )


def result(
    content_id: str = "c0",
    status: int = verdict_pb2.STATUS_OK,
    scores: Mapping[str, float] | None = None,
    person: int = verdict_pb2.PERSON_UNSPECIFIED,
    csam: bool = False,
    abstained: tuple[str, ...] = (),
) -> verdict_pb2.ContentResult:
    """What a check saw in one content."""
    found = verdict_pb2.ContentResult(
        content_id=content_id,
        status=verdict_pb2.Status.ValueType(status),
        person=verdict_pb2.Person.ValueType(person),
        abstained=abstained,
    )
    found.scores.update(scores or {})
    if csam:
        found.matches.add(list="bank", entry="1", kind="csam", method="pdq", test=True)
    return found


def verdict(
    check: str,
    *results: verdict_pb2.ContentResult,
    contents_offset: int = 0,
    request_id: str = REQUEST_ID,
    lane: int = request_pb2.LANE_INTERACTIVE,
) -> verdict_pb2.Verdict:
    """A check's verdict about the record at `contents_offset`."""
    return verdict_pb2.Verdict(
        request_id=request_id,
        check=check,
        lane=request_pb2.Lane.ValueType(lane),
        contents_offset=contents_offset,
        results=results or [result()],
    )

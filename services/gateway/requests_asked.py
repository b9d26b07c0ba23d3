"""From the form of a request to the request that is asked. Pure."""

from collections.abc import Sequence

from gateway.contents import Address, Item, Picture, Stored, read_picture, read_text
from gateway.errors import bad_request
from gateway.idempotency import RequestIds
from gateway.requests_form import PictureIn, RequestIn
from sluice.objects import ObjectStore
from sluice.v1.request_pb2 import (
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_TRANSCRIPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    AgeBand,
    Content,
    Lane,
    ObjectReference,
    Operation,
    Request,
    Role,
    Stage,
    Subject,
)

ORIGINALS = "originals/"


def id_of(form: RequestIn, ids: RequestIds, tenant: str, key: str | None) -> str:
    """The id under which it is asked. `key`: of the header Idempotency-Key, which says nothing where the form has an
    id of its own. ApiError 400."""
    found = ids.of(tenant, key, 1)[0]
    return found if form.request_id is None else form.request_id


def items_of(form: RequestIn, store: ObjectStore) -> list[Item]:
    """Its contents in order: prompt, transcript, uploads, image. ApiError 400."""
    items: list[Item] = []
    if form.prompt is not None:
        items.append(read_text(ROLE_PROMPT, form.prompt, "prompt"))
    items += [read_text(ROLE_TRANSCRIPT, text, f"transcript[{at}]") for at, text in enumerate(form.transcript)]
    items += [_picture(ROLE_UPLOAD, each, f"uploads[{at}]", store) for at, each in enumerate(form.uploads)]
    if form.image is not None:
        items.append(_picture(ROLE_GENERATED, form.image, "image", store))
    return items


def request_of(
    form: RequestIn, request_id: str, tenant: str, contents: Sequence[Content], deadline_ms: int
) -> Request:
    """What is asked. `deadline_ms`: where the form names none; 0: the policy's."""
    return Request(
        id=request_id,
        generation_id=form.generation_id or "",
        stage=Stage.Value(f"STAGE_{form.stage}"),
        operation=Operation.Value(f"OPERATION_{form.operation}"),
        lane=Lane.Value(f"LANE_{form.lane}"),
        subject=Subject(
            account_id=form.account_id, age_band=AgeBand.Value(f"AGE_BAND_{form.age_band}"), tenant=tenant
        ),
        contents=contents,
        deadline_ms=deadline_ms if form.deadline_ms is None else form.deadline_ms,
    )


def is_output(form: RequestIn) -> bool:
    """Whether a signed picture may come of it."""
    return Stage.Value(f"STAGE_{form.stage}") == STAGE_OUTPUT


def _picture(role: Role.ValueType, found: PictureIn, param: str, store: ObjectStore) -> Picture | Address | Stored:
    if found.reference is None:
        member = "url" if found.data_url is None else "data_url"
        picture = read_picture(role, found.url if found.data_url is None else found.data_url, f"{param}.{member}")
        if isinstance(picture, Picture) != (member == "data_url"):
            what = "data:image/...;base64,..." if member == "data_url" else "an http(s) address"
            raise bad_request("invalid_image_url", f"{param}.{member} should be {what}.", f"{param}.{member}")
        return picture
    given = found.reference
    if store.holds(given.uri) and not given.uri.removeprefix(f"{store.url}/").startswith(ORIGINALS):
        # Renditions and signed pictures are ours, not what somebody uploaded.
        raise bad_request("invalid_reference", f"{param}.reference is not of an upload.", f"{param}.reference.uri")
    reference = ObjectReference(
        uri=given.uri, sha256=bytes.fromhex(given.sha256), size_bytes=given.size_bytes, media_type=given.media_type
    )
    return Stored(role, reference, param)

"""What POST /v1/requests takes, read strictly: an unknown member or a value of another type is refused. Pure."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from gateway.contents import BASE64, DATA_URL, LONGEST_ADDRESS, is_text
from gateway.errors import ApiError, bad_request
from gateway.moderations_in import ACCOUNT, LONGEST_ACCOUNT
from sluice.ids import parse_request_id

MOST_EACH: Final = 15
"""Transcripts, and uploads: with a prompt and an image they are 32 contents, what ingest takes as one request."""
LONGEST_DEADLINE_MS: Final = 300_000
"""What the policy loader allows at most."""
_UUID: Final = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_UNKNOWN: Final = "extra_forbidden"
_SHOWN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def _upper(found: object) -> object:
    return found.upper() if isinstance(found, str) else found


def _canonical(found: object) -> object:
    return (parse_request_id(found) or found) if isinstance(found, str) else found


def _whole(found: object) -> object:
    """In JSON 96.0 is a whole number."""
    return int(found) if isinstance(found, float) and found.is_integer() else found


Id: TypeAlias = Annotated[str, Field(pattern=_UUID, min_length=36, max_length=36), BeforeValidator(_canonical)]
Stage: TypeAlias = Annotated[Literal["PROMPT", "OUTPUT"], BeforeValidator(_upper)]
Operation: TypeAlias = Annotated[Literal["GENERATE", "EDIT"], BeforeValidator(_upper)]
AgeBand: TypeAlias = Annotated[Literal["UNKNOWN", "UNDER_13", "TEEN", "ADULT"], BeforeValidator(_upper)]
Lane: TypeAlias = Annotated[Literal["INTERACTIVE", "BULK"], BeforeValidator(_upper)]
Said: TypeAlias = Annotated[str, Field(min_length=1)]
DataUrl: TypeAlias = Annotated[Said, Field(json_schema_extra={"pattern": f"^{DATA_URL}{BASE64}$"})]
"""A long text: whoever reads the picture looks at its form, and nobody twice."""
HttpUrl: TypeAlias = Annotated[Said, Field(max_length=LONGEST_ADDRESS, pattern="^https?://[!-~]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Reference(_Strict):
    """Bytes in an object store, bound by their digest: what POST /v1/uploads answered, or an address that this
    installation may fetch."""

    uri: Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS, pattern="^[!-~]+$")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=1, le=2**40), BeforeValidator(_whole)]
    media_type: Annotated[str, Field(max_length=127, pattern="^[!-~]*$")] = ""


def _given(name: str, bound: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """For the document: the member is there, and is not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}, **(bound or {})}}}


def _absent(*names: str) -> dict[str, Any]:
    """For the document: these members are not there, or null."""
    return {"properties": {name: {"type": "null"} for name in names}}


class PictureIn(_Strict):
    """A picture: exactly one of the members."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [_given("data_url"), _given("url"), _given("reference")]},
    )

    data_url: DataUrl | None = Field(None, description="data:image/...;base64,...")
    url: HttpUrl | None = Field(None, description="An http(s) address that this installation may fetch.")
    reference: Reference | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.data_url, self.url, self.reference)) != 1:
            raise ValueError("should have exactly one of data_url, url and reference")
        return self


class RequestIn(_Strict):
    """A request for a decision. `wait`: false answers at once with 202; the decision is then asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _given("prompt"),
                _given("transcript", {"minItems": 1}),
                _given("uploads", {"minItems": 1}),
                _given("image"),
            ],
            "if": {"required": ["stage"], "properties": {"stage": {"const": "OUTPUT"}}},
            "then": _given("image"),
            "else": _absent("image", "generation_id"),
        }
    )

    request_id: Id | None = Field(None, description="A UUID of your choice: asking twice is asking once.")
    stage: Stage = "PROMPT"
    operation: Operation = "GENERATE"
    generation_id: Id | None = Field(None, description="OUTPUT: the id of the PROMPT request it was drawn for.")
    age_band: AgeBand = "UNKNOWN"
    account_id: Annotated[str, Field(max_length=LONGEST_ACCOUNT, pattern=f"^{ACCOUNT}$")] = ""
    prompt: Said | None = None
    transcript: list[Said] = Field(default_factory=list, max_length=MOST_EACH)
    uploads: list[PictureIn] = Field(default_factory=list, max_length=MOST_EACH)
    image: PictureIn | None = Field(None, description="OUTPUT: the picture that was generated.")
    deadline_ms: Annotated[int, Field(ge=1, le=LONGEST_DEADLINE_MS), BeforeValidator(_whole)] | None = None
    lane: Lane = "INTERACTIVE"
    wait: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.prompt is None and self.image is None and not self.transcript and not self.uploads:
            raise ValueError("holds nothing to decide about: give prompt, transcript, uploads or image")
        if (self.image is not None) != (self.stage == "OUTPUT"):
            raise ValueError("should have an image at stage OUTPUT, and at no other")
        if self.generation_id is not None and self.stage != "OUTPUT":
            raise ValueError("has a generation_id, which stage OUTPUT alone may have")
        if not is_text(self.account_id):
            raise ValueError("has an account_id that is no text")
        return self


def read_request(body: object) -> RequestIn:
    """The request that a body holds. ApiError 400, which names the member and never quotes its value."""
    if not isinstance(body, dict):
        raise bad_request("invalid_type", "The body should be a JSON object.")
    try:
        return RequestIn.model_validate(body)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> ApiError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = list(first["loc"])
    if first["type"] == _UNKNOWN:
        # The name is the caller's own: it is said where it looks like one.
        named = isinstance(where[-1], str) and _SHOWN.fullmatch(where[-1])
        param = _param(where) if named else None
        return bad_request("unknown_parameter", "The body has a member that is not known.", param)
    param = _param(where)
    if first["type"] == "missing":
        return bad_request("missing_required_parameter", f"{param} is missing.", param)
    what = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return bad_request("invalid_value", f"{param or 'The body'} {what[0].lower()}{what[1:]}.", param)


def _param(where: list[int | str]) -> str | None:
    """As "uploads[0].reference.sha256"."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return text.removeprefix(".") or None

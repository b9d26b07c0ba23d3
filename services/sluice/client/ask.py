"""What is asked: a prompt, on whose behalf, with which uploads; and the JSON that says so."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypedDict, get_args

from sluice.deadline import Deadline
from sluice.ids import new_request_id, parse_request_id
from sluice.media import sniff

AgeBand = Literal["UNKNOWN", "UNDER_13", "TEEN", "ADULT"]
Operation = Literal["GENERATE", "EDIT"]
LONGEST_CHECKS: Final = 300.0
LONGEST_ACCOUNT: Final = 255
_UNKNOWN: Final = "image/x-unknown"


class Details(TypedDict, total=False):
    """What can be said of a prompt besides its text.

    `account`: your id of the person; it goes into the request, never into a log. `age_band`: of the person.
    `operation`: "EDIT" where an upload is changed. `uploads`: the person's own pictures, encoded. `transcript`: what
    was said before. `request_id`: a UUID, where a try must be repeatable in another process; else a new one.
    `traceparent`: of your span (W3C); else that of OpenTelemetry's current span, else a new one. `deadline`: by when
    all of it must be done. `checks_seconds`: how long the checks may take; else what the policy says.
    """

    account: str
    age_band: AgeBand
    operation: Operation
    uploads: Sequence[bytes]
    transcript: Sequence[str]
    request_id: str
    traceparent: str
    deadline: Deadline
    checks_seconds: float


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture of the caller's. `sha256`: hex."""

    data: bytes = field(repr=False)
    sha256: str

    @classmethod
    def of(cls, data: object) -> "Picture":
        """Raises TypeError or ValueError for what is not bytes, or none."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"a picture should be its encoded bytes, as of a PNG file, not {type(data).__name__}")
        if not data:
            raise ValueError("a picture of no bytes")
        kept = bytes(data)
        return cls(kept, hashlib.sha256(kept).hexdigest())

    @property
    def media_type(self) -> str:
        """By how its bytes begin. Of another kind: the gateway says that it cannot be read."""
        return sniff(self.data) or _UNKNOWN


@dataclass(frozen=True, slots=True)
class Ask:
    """One prompt with what belongs to it: what the decision is about."""

    request_id: str
    prompt: str | None = field(default=None, repr=False)
    account: str = field(default="", repr=False)
    age_band: AgeBand = "UNKNOWN"
    operation: Operation = "GENERATE"
    uploads: tuple[Picture, ...] = ()
    transcript: tuple[str, ...] = field(default=(), repr=False)
    checks_seconds: float | None = None

    @classmethod
    def of(cls, prompt: str | None, details: Details) -> "Ask":
        """Raises TypeError or ValueError, which never hold what was given."""
        only_known(details, Details, "moderate")
        transcript, uploads = details.get("transcript", ()), details.get("uploads", ())
        texts = [*([] if prompt is None else [prompt]), details.get("account", ""), *transcript]
        if isinstance(transcript, str) or not all(isinstance(text, str) for text in texts):
            raise TypeError("prompt and account should be strings, transcript a sequence of them")
        if not (prompt or transcript or uploads):
            raise ValueError("nothing to moderate: give a prompt, a transcript or uploads")
        if len(details.get("account", "")) > LONGEST_ACCOUNT or not details.get("account", "").isprintable():
            raise ValueError(f"account should be printable, and {LONGEST_ACCOUNT} characters at most")
        if isinstance(uploads, bytes | bytearray | memoryview):
            raise TypeError("uploads should be a sequence of pictures")
        seconds = details.get("checks_seconds")
        if seconds is not None and not 0.001 <= seconds <= LONGEST_CHECKS:
            raise ValueError(f"checks_seconds should be from 0.001 to {LONGEST_CHECKS:g}")
        if not isinstance(details.get("deadline"), Deadline | None):
            raise TypeError("deadline should be a Deadline, such as Deadline.after(30)")
        age_band, operation = details.get("age_band", "UNKNOWN"), details.get("operation", "GENERATE")
        if age_band not in get_args(AgeBand):
            raise ValueError(f"age_band should be one of {', '.join(get_args(AgeBand))}")
        if operation not in get_args(Operation):
            raise ValueError(f"operation should be one of {', '.join(get_args(Operation))}")
        return cls(
            _request_id(details.get("request_id")),
            prompt,
            details.get("account", ""),
            age_band,
            operation,
            tuple(Picture.of(each) for each in uploads),
            tuple(transcript),
            seconds,
        )

    def output_id(self, picture: Picture) -> str:
        """The id of the request about a picture that was made from this: always the same for the same bytes."""
        return str(uuid.uuid5(uuid.UUID(self.request_id), f"output:{picture.sha256}"))

    def form(self, uploads: Sequence[Mapping[str, Any]]) -> bytes:
        """The body that asks about the prompt. `uploads`: each as it travels."""
        return _encoded({"request_id": self.request_id, "stage": "PROMPT"} | self._common(uploads))

    def output_form(self, request_id: str, uploads: Sequence[Mapping[str, Any]], image: Mapping[str, Any]) -> bytes:
        """The body that asks about a picture, with what it was made from."""
        told = {"request_id": request_id, "stage": "OUTPUT", "generation_id": self.request_id, "image": image}
        return _encoded(told | self._common(uploads))

    def _common(self, uploads: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        said: dict[str, Any] = {"operation": self.operation, "age_band": self.age_band, "wait": True}
        if self.account:
            said["account_id"] = self.account
        if self.prompt:
            said["prompt"] = self.prompt
        if self.transcript:
            said["transcript"] = list(self.transcript)
        if uploads:
            said["uploads"] = list(uploads)
        if self.checks_seconds is not None:
            said["deadline_ms"] = round(self.checks_seconds * 1000)
        return said


def only_known(given: Mapping[str, object], known: type, where: str) -> None:
    """Raises TypeError for a name that is not among those of `known`, a TypedDict, as Python does for an argument:
    what is misspelt would else be left out of what is asked."""
    for name in given.keys() - known.__annotations__.keys():
        raise TypeError(f"{where}() got an unexpected keyword argument {name!r}")


def _encoded(form: Mapping[str, Any]) -> bytes:
    return json.dumps(form, separators=(",", ":")).encode()


def _request_id(given: str | None) -> str:
    if given is None:
        return new_request_id()
    found = parse_request_id(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError("request_id should be a UUID, such as 123e4567-e89b-42d3-a456-426614174000")
    return found

"""Contents and verdicts as ingest and the checks write them: the fields they fill, and about as many bytes."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice.ids import new_request_id
from sluice.v1.contents_pb2 import Contents, ImageDigests, PreparedContent, PreparedImage, PreparedText, Rendition
from sluice.v1.request_pb2 import (
    AGE_BAND_ADULT,
    LANE_INTERACTIVE,
    OPERATION_GENERATE,
    ROLE_GENERATED,
    ROLE_PROMPT,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    ObjectReference,
    Subject,
)
from sluice.v1.verdict_pb2 import PERSON_ADULT, STATUS_OK, ContentResult, Model, Verdict

KINDS = ("prompt", "picture")

_CATEGORIES = (
    "sexual",
    "sexual/minors",
    "hate",
    "harassment",
    "violence",
    "violence/graphic",
    "self-harm",
    "extremism",
    "illicit",
    "jailbreak",
)
_SIGNALS = {
    "image_text": {"text_lines": 1.0, "text_characters": 14.0, "text_unread": 0.0},
    "image": {"drawn": 0.12, "photoreal": 0.81},
    "person": {"faces": 2.0, "clear_faces": 1.0, "lowest_age": 34.5, "drawn": 0.12, "photoreal": 0.81},
    "hash": {"pdq_quality": 100.0},
}
_MODELS = {
    "text": ("minilm", "text_heads"),
    "image_text": ("ppocr_det", "ppocr_rec", "minilm", "text_heads"),
    "image": ("nsfw_mobilenet",),
    "person": ("face_ssd", "face_tiny", "face_age", "nsfw_mobilenet"),
    "hash": ("bank:known", "bank:test"),
}
CHECKS = {"prompt": ("text",), "picture": ("image_text", "image", "person", "hash")}
"""The checks that the default policy requires for each kind of request."""

TRACE: list[tuple[str, str | bytes | None]] = [
    ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
]
"""Every record of a real pipeline carries its trace context."""

_WORDS = (
    "quiet",
    "harbour",
    "at",
    "dawn",
    "with",
    "fishing",
    "boats",
    "and",
    "gulls",
    "over",
    "wet",
    "cobbles",
    "oil",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its id, its contents record, and what turns into its verdicts."""

    request_id: str
    contents: bytes
    verdicts: Sequence[Verdict]

    def verdict(self, number: int, contents_offset: int) -> bytes:
        """The record of verdict `number`, about the contents record at that offset."""
        verdict = self.verdicts[number]
        verdict.request_id = self.request_id
        verdict.contents_offset = contents_offset
        return verdict.SerializeToString()


def requests(kind: str, now_ms: int, deadline_ms: int) -> Iterator[Asked]:
    """Requests with fresh ids, for ever; the same otherwise in every run. None of them breaks a rule."""
    dice = random.Random(7)
    contents = [_contents(kind, dice) for _ in range(64)]
    verdicts = [[_verdict(check, dice) for check in CHECKS[kind]] for _ in range(64)]
    for asked, said in itertools.cycle(zip(contents, verdicts, strict=True)):
        asked.request_id = new_request_id()
        asked.requested_at_ms = now_ms
        asked.deadline_at_ms = now_ms + deadline_ms
        yield Asked(asked.request_id, asked.SerializeToString(), said)


def _contents(kind: str, dice: random.Random) -> Contents:
    prompt = kind == "prompt"
    return Contents(
        stage=STAGE_PROMPT if prompt else STAGE_OUTPUT,
        operation=OPERATION_GENERATE,
        lane=LANE_INTERACTIVE,
        subject=Subject(account_id=f"account-{dice.randrange(10**9)}", age_band=AGE_BAND_ADULT, tenant="studio"),
        contents=[_text(dice) if prompt else _picture(dice)],
        content_digest=dice.randbytes(32),
        source_partition=1,
        source_offset=dice.randrange(10**6),
    )


def _text(dice: random.Random) -> PreparedContent:
    text = " ".join(dice.choices(_WORDS, k=dice.randrange(8, 60)))
    return PreparedContent(
        id="c0", role=ROLE_PROMPT, sha256=dice.randbytes(32), text=PreparedText(text=text, folded=text)
    )


def _picture(dice: random.Random) -> PreparedContent:
    return PreparedContent(
        id="c0",
        role=ROLE_GENERATED,
        sha256=dice.randbytes(32),
        image=PreparedImage(
            original=_object("originals", "image/png", dice),
            digests=ImageDigests(
                md5=dice.randbytes(16),
                sha1=dice.randbytes(20),
                sha256=dice.randbytes(32),
                pdq=[dice.randbytes(32) for _ in range(8)],
                pdq_quality=100,
            ),
            width=1024,
            height=1024,
            rendition=Rendition(object=_object("renditions", "image/jpeg", dice), width=512, height=512),
            tiles=[
                Rendition(object=_object("renditions", "image/jpeg", dice), width=640, height=640, left=left, top=top)
                for left in (0, 384)
                for top in (0, 384)
            ],
        ),
    )


def _object(folder: str, media_type: str, dice: random.Random) -> ObjectReference:
    digest = dice.randbytes(32)
    uri = f"s3://studio-moderation/{folder}/{digest.hex()}"
    return ObjectReference(uri=uri, sha256=digest, size_bytes=dice.randrange(10**6), media_type=media_type)


def _verdict(check: str, dice: random.Random) -> Verdict:
    result = ContentResult(content_id="c0", status=STATUS_OK)
    if check in {"text", "image_text"}:
        result.scores.update({category: dice.random() * 0.2 for category in _CATEGORIES})
    elif check == "image":
        result.scores["sexual"] = dice.random() * 0.1
        result.abstained.extend(("violence", "violence/graphic", "hate", "self-harm", "extremism"))
    elif check == "person":
        result.person = PERSON_ADULT
    for name, value in _SIGNALS.get(check, {}).items():
        result.signals[name] = value
    begun = 1_790_000_000_000 + dice.randrange(10**6)
    return Verdict(
        check=check,
        lane=LANE_INTERACTIVE,
        results=[result],
        models=[Model(name=name, version="1", digest=dice.randbytes(32)) for name in _MODELS[check]],
        received_at_ms=begun,
        started_at_ms=begun + 2,
        finished_at_ms=begun + 11,
    )

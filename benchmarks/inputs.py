"""Requests for measurements: ordinary prompts of our own, and generated pictures."""

import itertools
from collections.abc import Callable, Sequence

from sluice import samples
from sluice.ids import new_request_id
from sluice.v1.request_pb2 import ROLE_GENERATED, ROLE_PROMPT, STAGE_OUTPUT, STAGE_PROMPT, Content, Request

_SUBJECTS = (
    "a lighthouse",
    "two cats on a sofa",
    "a steam train",
    "a bowl of pears",
    "an astronaut",
    "a city square",
)
_STYLES = ("watercolor", "oil painting", "product photo, 4k", "pencil sketch", "low poly render", "1950s postcard")
_MOODS = ("at dawn", "in heavy rain", "under soft light", "seen from above", "with long shadows", "in early spring")
DEADLINE_MS = 60_000


def prompt_requests(count: int) -> Callable[[], Sequence[Request]]:
    """A maker of `count` PROMPT requests with fresh ids, all texts different."""
    words = [f"{style} of {what} {mood}" for style, what, mood in itertools.product(_STYLES, _SUBJECTS, _MOODS)]

    def make() -> Sequence[Request]:
        return [
            Request(
                id=new_request_id(),
                stage=STAGE_PROMPT,
                deadline_ms=DEADLINE_MS,
                contents=[Content(role=ROLE_PROMPT, text=f"{words[at % len(words)]}, number {at}")],
            )
            for at in range(count)
        ]

    return make


def output_requests(count: int) -> Callable[[], Sequence[Request]]:
    """A maker of `count` OUTPUT requests with fresh ids, over the sample pictures as JPEG."""
    pictures = [picture.encoded("JPEG") for picture in samples.pictures()]

    def make() -> Sequence[Request]:
        return [
            Request(
                id=new_request_id(),
                stage=STAGE_OUTPUT,
                deadline_ms=DEADLINE_MS,
                contents=[Content(role=ROLE_GENERATED, image=pictures[at % len(pictures)])],
            )
            for at in range(count)
        ]

    return make

"""Conversations of the client, played without any I/O: a clock that a test moves, and answers from a list."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sluice.client.about import About
from sluice.client.ask import Ask, Details, Picture
from sluice.client.outcome import Stage
from sluice.client.retry import Pace
from sluice.client.talk import Talks
from sluice.client.wire import Answer, Call, NoReply, Pause, Reply, Silence, Talk
from sluice.client.words import Words
from sluice.deadline import Deadline

T = TypeVar("T")
REQUEST_ID = "123e4567-e89b-42d3-a456-426614174000"
PROMPT = "a prompt that stands in no log"
PICTURE = b"\x89PNG\r\n\x1a\n pixels that stand in no log"
SILENT = NoReply(Silence.TIMEOUT)
DROPPED = NoReply(Silence.CONNECTION)


@dataclass(slots=True)
class Clock:
    """Milliseconds. `pauses`: seconds of each pause so far; `limits`: of each try."""

    ms: int = 1_000_000
    pauses: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    def now(self) -> int:
        return self.ms

    def pace(self) -> Pace:
        """Without dice: each pause is as long as it can be."""
        return Pace(now=self.now, dice=lambda: 0.0)

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(self.ms + round(seconds * 1000))


def play(talk: Talk[T], clock: Clock, answers: Iterable[Answer | Callable[[Call], Answer]]) -> T:
    """The conversation's result, given these answers, the last of them for ever. A silence takes its whole time."""
    left = iter(answers)
    last: Answer | Callable[[Call], Answer] = SILENT
    said: Answer | None = None
    while True:
        try:
            step = talk.send(said)
        except StopIteration as done:
            result: T = done.value
            return result
        if isinstance(step, Pause):
            clock.pauses.append(step.seconds)
            clock.ms += round(step.seconds * 1000)
            said = None
            continue
        clock.limits.append(step.seconds)
        last = next(left, last)
        said = last if isinstance(last, Reply | NoReply) else last(step.call)
        clock.ms += round(step.seconds * 1000) if said == SILENT else 1


def about(stage: Stage = Stage.PROMPT, request_id: str = REQUEST_ID, simulated: bool = False) -> About:
    """What a conversation is about."""
    return About(request_id, stage, Words({}), simulated)


def talks(clock: Clock, prompt: str = PROMPT, inline_limit: int = 1 << 20, **details: Any) -> Talks:
    """Conversations about one ask."""
    given: Details = {"request_id": REQUEST_ID, **details}  # type: ignore[typeddict-item] # as a test says
    return Talks(Ask.of(prompt, given), Words({}), clock.pace(), inline_limit, simulated=False)


def output_id(picture: bytes = PICTURE) -> str:
    """Of the request about a picture that was made for the prompt."""
    return Ask(REQUEST_ID).output_id(Picture.of(picture))


def reply(form: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    return Reply(status, headers or {}, json.dumps(form).encode())


def error(status: int, code: str = "", **headers: str) -> Reply:
    """An answer that is no success. `headers`: `retry_after` for Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return reply({"error": {"message": "no", "type": "x", "param": None, "code": code}}, status, named)

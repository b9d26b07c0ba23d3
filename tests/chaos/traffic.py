"""What is published, drawn from a seed: requests with a known outcome, copies of them, conflicts, and garbage. Pure.

A request id counts once, however often it is published. Whatever depends on the run (an OUTPUT names a PROMPT that
was allowed a moment ago) is drawn when it is needed, so the same seed gives the same mixture, not the same run.
"""

import random
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sluice.bus.topics import Topic
from sluice.contract.digests import request_digest
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import (
    OPERATION_EDIT,
    OPERATION_GENERATE,
    ROLE_GENERATED,
    ROLE_PROMPT,
    ROLE_UPLOAD,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Content,
    Request,
    Subject,
)
from tests.chaos.history import Asked
from tests.chaos.material import Material

BULK = 0.15
"""Share of what goes to the bulk lane, and of copies that go to the other lane."""
REFUSED = 0.1
"""Share of prompts that a rule blocks."""
LONGEST_DELAY = 60.0
"""Seconds after which a request may come once more."""
PARENTS = 200
"""How many decided prompts an OUTPUT may choose its own from."""


class Sort(StrEnum):
    """Sorts of requests."""

    PROMPT = "prompt"
    UPLOAD = "upload"
    KNOWN = "known"
    """With a picture of the test bank."""
    OUTPUT = "output"


PICTURES = (Sort.OUTPUT, Sort.OUTPUT, Sort.OUTPUT, Sort.UPLOAD, Sort.KNOWN)
"""The mixture of requests with pictures."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A record to publish after `delay` seconds. `asked`: what it asks; None for what is no request."""

    topic: Topic
    key: bytes
    value: bytes
    asked: Asked | None = None
    delay: float = 0.0
    conflict: bool = False
    """Its content differs from what its id was first used for: it must become a dead letter."""


class Traffic:
    """Draws what to send."""

    def __init__(
        self, seed: int, requests: int, pictures: int, material: Material, longest: float = LONGEST_DELAY
    ) -> None:
        """`requests`: ids in all, of which `pictures` with a picture. `longest`: seconds until the last copy."""
        self._longest = longest
        self._dice = random.Random(f"traffic {seed}")
        self._material = material
        self._count = 0
        self._allowed: deque[str] = deque(maxlen=PARENTS)
        self._blocked: deque[str] = deque(maxlen=PARENTS)
        sorts = [PICTURES[number % len(PICTURES)] for number in range(pictures)]
        # The first are prompts: an OUTPUT should find one that was allowed.
        rest = [*sorts, *([Sort.PROMPT] * (requests - pictures))]
        self._dice.shuffle(rest)
        self.sorts: Sequence[Sort] = rest

    def draw(self, sort: Sort) -> Sequence[Sending]:
        """A new request, and the copies and conflicts that follow it by themselves."""
        request, asked = self._request(sort)
        lane = Topic.REQUESTS_BULK if self._dice.random() < BULK else Topic.REQUESTS
        first = Sending(lane, request.id.encode(), request.SerializeToString(), asked)
        if sort is Sort.PROMPT and asked.action == ACTION_ALLOW and self._dice.random() < 0.002:
            return (first, self._racing(first, request, asked))
        return (first, *self._copies(first))

    def conflict(self, asked: Asked) -> Sending | None:
        """After a decision: now and then the same id again with other content."""
        if asked.output or len(asked.digests) > 1 or self._dice.random() >= 0.004:
            return None
        other = self._plain(asked.request_id, f"{self._material.prompt(self._dice)}, once more")
        lane = Topic.REQUESTS_BULK if self._dice.random() < BULK else Topic.REQUESTS
        return Sending(
            lane,
            other.id.encode(),
            other.SerializeToString(),
            asked,
            self._dice.uniform(0, self._longest / 3),
            conflict=True,
        )

    def garbage(self) -> Sending | None:
        """Now and then a record that is no request."""
        if self._dice.random() >= 0.004:
            return None
        value = self._dice.choice(
            (
                self._dice.randbytes(self._dice.randint(1, 300)),
                b"",
                Request(id="no uuid", stage=STAGE_PROMPT).SerializeToString(),
            )
        )
        return Sending(Topic.REQUESTS, self._dice.randbytes(8), value)

    def decided(self, decision: Decision) -> None:
        """Learns of a decision: prompts become the parents of outputs."""
        if decision.stage == STAGE_PROMPT:
            (self._allowed if decision.action == ACTION_ALLOW else self._blocked).append(decision.request_id)

    def _request(self, sort: Sort) -> tuple[Request, Asked]:
        if sort is Sort.PROMPT:
            return self._prompt()
        if sort is Sort.OUTPUT:
            return self._output(self._dice.choice(self._material.pictures), ACTION_ALLOW)
        if sort is Sort.KNOWN and self._dice.random() < 0.5:
            return self._output(self._dice.choice(self._material.known), ACTION_BLOCK)
        known = sort is Sort.KNOWN
        picture = self._dice.choice(self._material.known if known else self._material.pictures)
        request = self._plain(self._id(), "make it a little brighter")
        request.operation = OPERATION_EDIT
        request.contents.append(Content(role=ROLE_UPLOAD, image=picture))
        return request, self._known(request) if known else self._asked(request, ACTION_ALLOW)

    def _prompt(self) -> tuple[Request, Asked]:
        if self._dice.random() < REFUSED:
            text, rule = self._dice.choice(self._material.refused)
            request = self._plain(self._id(), text)
            return request, self._asked(request, ACTION_BLOCK, rule)
        request = self._plain(self._id(), self._material.prompt(self._dice))
        return request, self._asked(request, ACTION_ALLOW)

    def _output(self, picture: bytes, action: int) -> tuple[Request, Asked]:
        request = Request(id=self._id(), stage=STAGE_OUTPUT, operation=OPERATION_GENERATE, subject=self._subject())
        request.contents.append(Content(role=ROLE_GENERATED, image=picture))
        luck = self._dice.random()
        if action == ACTION_BLOCK:
            return request, self._known(request)
        if luck < 0.15 and self._blocked:
            request.generation_id = self._dice.choice(self._blocked)
            return request, self._asked(request, ACTION_BLOCK, "prompt-not-allowed")
        if luck < 0.75 and self._allowed:
            request.generation_id = self._dice.choice(self._allowed)
        return request, self._asked(request, ACTION_ALLOW)

    def _known(self, request: Request) -> Asked:
        asked = self._asked(request, ACTION_BLOCK, "known-csam")
        asked.incidents = 1
        return asked

    def _asked(self, request: Request, action: int, rule: str = "") -> Asked:
        return Asked(
            request_id=request.id,
            digests=frozenset({request_digest(request)}),
            action=ACTION_ALLOW if action == ACTION_ALLOW else ACTION_BLOCK,
            output=request.stage == STAGE_OUTPUT,
            rules=frozenset({rule} if rule else ()),
        )

    def _copies(self, first: Sending) -> Sequence[Sending]:
        """The same again within five seconds, and the same again much later."""
        copies: list[Sending] = []
        for share, least, most in ((0.04, 0.0, 5.0), (0.01, self._longest / 6, self._longest)):
            if self._dice.random() < share:
                other = Topic.REQUESTS if first.topic is Topic.REQUESTS_BULK else Topic.REQUESTS_BULK
                topic = other if self._dice.random() < BULK else first.topic
                delay = self._dice.uniform(least, most)
                copies.append(Sending(topic, first.key, first.value, first.asked, delay))
        return copies

    def _racing(self, first: Sending, request: Request, asked: Asked) -> Sending:
        """Other content on the heels of the first: either may win, and the other becomes a dead letter."""
        other = self._plain(request.id, f"{self._material.prompt(self._dice)}, again")
        asked.digests |= {request_digest(other)}
        return Sending(first.topic, first.key, other.SerializeToString(), asked, conflict=True)

    def _plain(self, request_id: str, text: str) -> Request:
        request = Request(id=request_id, stage=STAGE_PROMPT, operation=OPERATION_GENERATE, subject=self._subject())
        request.contents.append(Content(role=ROLE_PROMPT, text=text))
        return request

    def _subject(self) -> Subject:
        self._count += 1
        return Subject(account_id=f"account-{self._count}", tenant="chaos")

    def _id(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

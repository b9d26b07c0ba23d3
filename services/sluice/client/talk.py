"""The two conversations with the gateway: about the prompt, and about a picture that was made from it. Pure."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sluice.client.about import About
from sluice.client.ask import Ask, Picture
from sluice.client.decision import Signed, read_decision, read_output, read_reference
from sluice.client.outcome import Allowed, Stage, Why
from sluice.client.retry import Pace, exchange
from sluice.client.wire import MOST_PICTURE, Call, Reply, Talk
from sluice.client.words import Words
from sluice.deadline import Deadline

REQUESTS: Final = "/v1/requests"
UPLOADS: Final = "/v1/uploads"
ASSETS: Final = "/v1/assets"
INLINE_TOTAL: Final = 4 << 20
"""Bytes of pictures that travel inside one request; what is beyond goes by reference."""
_JSON: Final = "application/json"

Part = Mapping[str, Any]
"""A picture as it stands in a request."""


@dataclass(frozen=True, slots=True)
class Talks:
    """Conversations about one ask. `inline_limit`: bytes of a picture that travels inside a request."""

    ask: Ask
    words: Words
    pace: Pace
    inline_limit: int
    simulated: bool

    def about(self, request_id: str, stage: Stage) -> About:
        """What exceptions say."""
        return About(request_id, stage, self.words, self.simulated)

    def prompt(self, deadline: Deadline) -> Talk[tuple[Part, ...]]:
        """Returns once the prompt is allowed, with its uploads as they travel. Raises NotAllowed."""
        about = self.about(self.ask.request_id, Stage.PROMPT)
        uploads = yield from self._parts(self.ask.uploads, INLINE_TOTAL, deadline, about)
        call = Call("POST", REQUESTS, self.ask.form(uploads), _JSON)
        read = partial(read_decision, about=about)
        decision = yield from exchange(call, read, deadline, self.pace, about, self._patience)
        if (error := decision.error(about)) is not None:
            raise error
        return uploads

    def output(self, picture: Picture, uploads: Sequence[Part], deadline: Deadline) -> Talk[Allowed]:
        """The signed picture. `uploads`: what `prompt` returned. Raises NotAllowed."""
        request_id = self.ask.output_id(picture)
        about = self.about(request_id, Stage.OUTPUT)
        sent = zip(self.ask.uploads, uploads, strict=True)
        taken = sum(len(upload.data) for upload, part in sent if "data_url" in part)
        (image,) = yield from self._parts((picture,), INLINE_TOTAL - taken, deadline, about)
        call = Call("POST", REQUESTS, self.ask.output_form(request_id, uploads, image), _JSON)
        read = partial(read_output, about=about)
        decision = yield from exchange(call, read, deadline, self.pace, about, self._patience)
        if (error := decision.error(about)) is not None:
            raise error
        if decision.asset is None:
            raise about.unavailable(Why.NOT_SIGNED)
        data = yield from self._asset(decision.asset, deadline, about)
        return Allowed(data, decision.asset.media_type, request_id, decision.labels, self.simulated)

    @property
    def _patience(self) -> float:
        return self.ask.checks_seconds or 0.0

    def _parts(
        self, pictures: Sequence[Picture], room: int, deadline: Deadline, about: About
    ) -> Talk[tuple[Part, ...]]:
        """Each picture as it travels: inside the request, or by reference once it is stored."""
        parts: list[Part] = []
        for picture in pictures:
            size = len(picture.data)
            if size <= min(self.inline_limit, room):
                room -= size
                text = base64.b64encode(picture.data).decode()
                parts.append({"data_url": f"data:{picture.media_type};base64,{text}"})
                continue
            parts.append((yield from self._stored(picture, deadline, about)))
        return tuple(parts)

    def _stored(self, picture: Picture, deadline: Deadline, about: About) -> Talk[Part]:
        call = Call("POST", UPLOADS, picture.data, picture.media_type)
        read = partial(read_reference, sha256=picture.sha256)
        reference = yield from exchange(call, read, deadline, self.pace, about)
        return {"reference": reference}

    def _asset(self, signed: Signed, deadline: Deadline, about: About) -> Talk[bytes]:
        """The bytes, which must be those that the decision's answer names."""

        def read(reply: Reply) -> bytes | Why:
            good = reply.body and hashlib.sha256(reply.body).hexdigest() == signed.sha256
            return reply.body if good else Why.BAD_ANSWER

        call = Call("GET", f"{ASSETS}/{about.request_id}", most=MOST_PICTURE)
        # Which replica answers may not have read of it yet.
        return (yield from exchange(call, read, deadline, self.pace, about, absent=Why.NOT_SIGNED))

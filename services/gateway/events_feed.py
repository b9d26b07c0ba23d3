"""The events of one request, from those that happened already to its end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

from gateway.errors import unavailable
from gateway.events import ACCEPTED, ASSET, DECISION, FAILED, HEART_BEAT, Event, Had, opening, verdict_event
from gateway.parts import Parts
from gateway.refused import api_error
from gateway.requests_answer import asset_answer, decision_answer, is_allowed
from gateway.requests_known import GIVE_UP_MS, Known, has_asset, look_up
from gateway.requests_streams import rung
from gateway.timeline import as_input
from sluice.errors import SluiceError
from sluice.v1.decision_pb2 import Decision

HEART_BEAT_SECONDS: Final = 15.0
"""So often a byte is sent at least: what stands in between ends quiet connections."""
SIGNING_MS: Final = 60_000
"""How long after its decision a signed picture is waited for."""


class Feed:
    """Of a request that its caller may see. `since`: what the client has already."""

    def __init__(self, parts: Parts, request_id: str, tenant: str, since: Had) -> None:
        self._parts = parts
        self._request_id = request_id
        self._tenant = tenant
        self._had = since
        self._accepted = since.accepted
        self._decided = since.decision
        self._ended = since.ended
        self._told: set[int] = set()
        self._deadline_ms = parts.now() + GIVE_UP_MS

    async def written(self, bell: asyncio.Event, known: Known) -> AsyncIterator[bytes]:
        """What goes over the wire, to the end. `bell`: rings when something of the request was read; `known`: what
        was known when somebody began to listen."""
        yield opening()
        while True:
            for event in self._new(known):
                yield event.encoded()
            if self._ended or self._parts.stopping.is_set():
                return
            while not await self._rung(bell):
                if self._parts.stopping.is_set():
                    return
                yield HEART_BEAT
            try:
                known = await look_up(self._parts, self._request_id, self._tenant)
            except SluiceError as error:
                yield self._failed(api_error(error).body()).encoded()
                return

    async def _rung(self, bell: asyncio.Event) -> bool:
        """Whether there may be something new; False after a while in which nothing happened."""
        left = (self._deadline_ms - self._parts.now()) / 1000
        await rung((bell, self._parts.stopping), min(HEART_BEAT_SECONDS, left))
        heard = bell.is_set() or left <= 0
        bell.clear()
        return heard

    def _new(self, known: Known) -> Iterator[Event]:
        decided = known.decided
        requested_ms = decided.decision.requested_at_ms if decided is not None else known.taken_ms
        if not self._accepted:
            self._accepted = True
            yield Event(ACCEPTED, ACCEPTED, {"request_id": self._request_id})
        if decided is None:
            for heard in known.heard:
                if self._is_new(heard.offset):
                    yield verdict_event(as_input(heard.verdict, heard.written_ms), heard.offset, requested_ms)
            yield from self._given_up(known)
            return
        if not self._decided:
            yield from self._verdicts(decided.decision)
            self._decided = True
            yield Event(DECISION, DECISION, decision_answer(decided.decision, None))
        if known.signed is not None and is_allowed(decided.decision):
            self._ended = True
            yield Event(ASSET, ASSET, asset_answer(known.signed.asset))
            return
        self._deadline_ms = decided.written_ms + SIGNING_MS
        if not has_asset(decided) or self._parts.now() >= self._deadline_ms:
            self._ended = True

    def _verdicts(self, decision: Decision) -> Iterator[Event]:
        """Those that the decision rests on and that were not told: they are read beside it, perhaps after it."""
        for seen in decision.inputs:
            if self._is_new(seen.verdict_offset):
                yield verdict_event(seen, seen.verdict_offset, decision.requested_at_ms)

    def _given_up(self, known: Known) -> Iterator[Event]:
        if known.failed is not None:
            yield self._failed(known.failed.body())
        elif self._parts.now() >= self._deadline_ms:
            yield self._failed(unavailable("no_decision", "No decision came. That means: not allowed.").body())

    def _failed(self, body: dict[str, object]) -> Event:
        self._ended = True
        return Event(FAILED, FAILED, {"request_id": self._request_id, "allowed": False, **body})

    def _is_new(self, offset: int) -> bool:
        new = offset > self._had.verdict and offset not in self._told
        self._told.add(offset)
        return new

"""Both doors' way to an answer: look at the picture, find what it is, within bounds."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from provenance.answer import Answer
from provenance.find import Limits, find
from provenance.http_door import HttpError
from provenance.index import FingerprintIndex
from provenance.look import UnreadableError, look
from provenance.record import Records
from provenance.softbinding import Match
from provenance.watermark import Watermark
from sluice.objects import ObjectStore

LOOKS: Final = 4
"""Look-ups at once. Each is a process for about a second, and one more for each picture that is compared."""
_MOST_OURS: Final = 64 << 20
_LIMITS: Final = Limits()


class Asking:
    """One instance for all calls."""

    def __init__(
        self,
        records: Records,
        index: FingerprintIndex,
        store: ObjectStore,
        anchors_pem: str,
        max_bytes: int,
        watermarks: Sequence[Watermark] = (),
        stamps_pem: str = "",
    ) -> None:
        """`anchors_pem`: who signs in our name; `stamps_pem`: who says when. `max_bytes`: of a picture asked of."""
        self._records = records
        self._index = index
        self._store = store
        self._anchors = anchors_pem
        self._stamps = stamps_pem
        self._watermarks = watermarks
        self._turn = asyncio.Semaphore(LOOKS)
        self.max_bytes = max_bytes

    async def ask(self, picture: bytes, most: int) -> Answer:
        """What the picture is: at most so many findings. UnreadableError for what is no picture; RetryableError."""
        async with self._turn:
            seen = await asyncio.to_thread(look, picture, self._anchors, self._stamps, query=True)
            limits = replace(_LIMITS, results=most, candidates=max(most, _LIMITS.candidates))
            return await find(
                seen, self._records, self._index, self._fetch, watermarks=self._watermarks, limits=limits
            )

    async def matches(self, picture: bytes, most: int) -> Sequence[Match]:
        """The same, for those who ask for manifests. HttpError 415 for what is no picture."""
        try:
            answer = await self.ask(picture, most)
        except UnreadableError as error:
            raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error)) from error
        # A manifest that is not on record could not be fetched.
        return [Match(one.label, round(100 * one.confidence)) for one in answer.findings if one.record is not None]

    async def near(self, binding: bytes, most: int) -> Sequence[Match]:
        """Pictures with a fingerprint near this PDQ hash, the nearest first."""
        near = await asyncio.to_thread(self._index.find, [binding], most=most)
        found = {each.number: each for each in await self._records.by_numbers([one.number for one in near])}
        return [Match(found[one.number].manifest_label, 100 - one.distance) for one in near if one.number in found]

    async def _fetch(self, key: str) -> bytes:
        return await self._store.read(key, _MOST_OURS)

"""From a contents record to a verdict: the Kafka door of a check."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from google.protobuf.message import DecodeError

from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.check import Check, Item, Result, Status
from sluice.deadline import Deadline, now_ms
from sluice.errors import PoisonError, RetryableError, SluiceError
from sluice.host.batching import Batcher
from sluice.host.convert import kind_of, model_messages, result_message, texts_together
from sluice.host.pictures import item_for
from sluice.objects import ObjectStore
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from sluice.v1.verdict_pb2 import Verdict

_FETCH_PAUSE = 0.1


class CheckRecords:
    """Answers contents records with verdicts."""

    def __init__(self, check: Check, batcher: Batcher, store: ObjectStore) -> None:
        self._check = check
        self._batcher = batcher
        self._store = store

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """One verdict, or nothing: where no content concerns this check, or nobody waits any more."""
        received = now_ms()
        try:
            contents = Contents.FromString(record.value)
        except DecodeError as error:
            raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "not a contents record") from error
        mine = [content for content in contents.contents if kind_of(content) in self._check.kinds]
        deadline = Deadline(contents.deadline_at_ms)
        if not mine or contents.unprocessable or deadline.passed(received):
            return ()
        bulk = record.topic == Topic.CONTENTS_BULK
        started = now_ms()
        together = texts_together(mine)
        results = await asyncio.gather(
            *(
                self._result(content, together.get(content.id, ()), contents.requested_at_ms, deadline, bulk)
                for content in mine
            )
        )
        verdict = Verdict(
            request_id=contents.request_id,
            check=self._check.name,
            lane=LANE_BULK if bulk else LANE_INTERACTIVE,
            contents_offset=record.offset,
            results=[result_message(c.id, r) for c, r in zip(mine, results, strict=True)],
            models=model_messages(self._check.models(), results),
            received_at_ms=received,
            started_at_ms=started,
            finished_at_ms=now_ms(),
        )
        value = verdict.SerializeToString()
        return (Outgoing(Topic.VERDICTS, record.partition, record.key, value, record.trace()),)

    async def _result(
        self, content: PreparedContent, together: tuple[str, ...], at_ms: int, deadline: Deadline, bulk: bool
    ) -> Result:
        try:
            async with asyncio.timeout(deadline.remaining()):
                item = await self._item(content)
        except TimeoutError:
            return Result(Status.TIMEOUT, detail="the rendition could not be had in time")
        except SluiceError as error:
            return Result(Status.ERROR, detail=f"the rendition cannot be had: {error}")
        return await self._batcher.submit(replace(item, together=together, at_ms=at_ms), deadline, bulk, patient=True)

    async def _item(self, content: PreparedContent) -> Item:
        while True:
            try:
                return await item_for(self._check, content, self._store)
            except RetryableError:
                await asyncio.sleep(_FETCH_PAUSE)

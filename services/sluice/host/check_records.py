"""From a contents record to a verdict: the Kafka door of a check."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from google.protobuf.message import DecodeError

from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.check import Check, Item, Kind, Result, Status
from sluice.deadline import Deadline, now_ms
from sluice.errors import PoisonError, RetryableError, SluiceError
from sluice.host.batch_spans import content_attributes, worst_of
from sluice.host.batching import Batcher
from sluice.host.check_counts import CheckCounts
from sluice.host.convert import kind_of, model_messages, result_message, texts_together
from sluice.host.hops import hop_in_hand
from sluice.host.pictures import item_for
from sluice.objects import ObjectStore
from sluice.telemetry import spans as telling
from sluice.telemetry.trace_context import TraceContext, child
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from sluice.v1.verdict_pb2 import Verdict

_FETCH_PAUSE = 0.1


class CheckRecords:
    """Answers contents records with verdicts."""

    def __init__(
        self,
        check: Check,
        batcher: Batcher,
        store: ObjectStore,
        spans: telling.Spans | None = None,
        counts: CheckCounts | None = None,
    ) -> None:
        """`spans`: who is told how long renditions took to fetch. `counts`: where answers are counted."""
        self._check = check
        self._batcher = batcher
        self._store = store
        self._spans = spans or telling.NoSpans()
        self._counts = counts

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
        hop = hop_in_hand()
        results = await asyncio.gather(
            *(
                self._result(
                    content, together.get(content.id, ()), contents.requested_at_ms, deadline, bulk, hop.context
                )
                for content in mine
            )
        )
        if self._counts is not None:
            for result in results:
                self._counts.answered(bulk, result.status)
        hop.attributes["sluice.contents"] = len(mine)
        hop.error = worst_of(results)
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
        self,
        content: PreparedContent,
        together: tuple[str, ...],
        at_ms: int,
        deadline: Deadline,
        bulk: bool,
        hop: TraceContext | None,
    ) -> Result:
        item = await self._fetched(content, deadline, hop)
        if isinstance(item, Result):
            return item
        item = replace(item, together=together, at_ms=at_ms)
        return await self._batcher.submit(item, deadline, bulk, patient=True, above=hop)

    async def _fetched(self, content: PreparedContent, deadline: Deadline, hop: TraceContext | None) -> Item | Result:
        """The item, or why there is none."""
        begun = time.time_ns()
        found: Item | Result
        try:
            async with asyncio.timeout(deadline.remaining()):
                found = await self._item(content)
        except TimeoutError:
            found = Result(Status.TIMEOUT, detail="the rendition could not be had in time")
        except SluiceError as error:
            found = Result(Status.ERROR, detail=f"the rendition cannot be had: {error}")
        # Nothing is fetched for a text.
        if hop is not None and kind_of(content) is Kind.IMAGE:
            failed = worst_of([found]) if isinstance(found, Result) else ""
            self._spans.emit(
                telling.Span(
                    "fetch",
                    child(hop, "fetch", content.id),
                    hop.span_id,
                    telling.Kind.INTERNAL,
                    begun,
                    time.time_ns(),
                    content_attributes(content.id),
                    error=failed,
                )
            )
        return found

    async def _item(self, content: PreparedContent) -> Item:
        while True:
            try:
                return await item_for(self._check, content, self._store)
            except RetryableError:
                await asyncio.sleep(_FETCH_PAUSE)

"""From a stranger's record to a contents record: the Kafka door of ingest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.build import Source, StageDeadline, allowed_ms, build
from ingest.images import ImageCounts
from ingest.prepare import Preparer
from ingest.releases import contents_topic, parse_release, released_contents
from ingest.traced import Tracing
from ingest.turns import Urgency
from ingest.validate import Refused, judge, parse
from sluice.bus.find import Find
from sluice.bus.record import Outgoing, Record
from sluice.bus.tail import LogTail
from sluice.bus.topics import Topic
from sluice.contract.names import short_name
from sluice.deadline import Deadline
from sluice.errors import PoisonError, RetryableError
from sluice.host.steps import Step
from sluice.ids import partition_for
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_TOO_LARGE,
    UNPROCESSABLE_TOO_LATE,
    Contents,
    PromptDecision,
)
from sluice.v1.dead_letter_pb2 import DEAD_LETTER_REASON_INTERNAL
from sluice.v1.decision_pb2 import ACTION_REVIEW, Action, Decision
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE, STAGE_OUTPUT, STAGE_PROMPT, Request, Stage

_LOOK_UP_SECONDS = 10.0
_MOST_RECORD = 1_900_000
"""Bytes of a contents record that its topic takes (2 MiB with headers and framing)."""
_TOO_LATE = Refused(UNPROCESSABLE_TOO_LATE, "the deadline passed before the request could be read")
"""By this machine's clock, counted from the broker's append time: keep both on NTP."""


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What is kept of a decision: what it is of and for whom, its action and offset.

    `tenant`: empty where the request named none. `softened`: rules whose BLOCK is a REVIEW in it, for a breaker was
    open.
    """

    stage: "Stage.ValueType"
    tenant: str
    action: "Action.ValueType"
    offset: int
    content_digest: bytes
    softened: tuple[str, ...] = ()


def read_answer(record: Record) -> PromptAnswer:
    """A decision record as ingest needs it."""
    decision = Decision.FromString(record.value)
    action = decision.action
    softened = tuple(r.rule for r in decision.reasons if r.breaker) if action == ACTION_REVIEW else ()
    return PromptAnswer(decision.stage, decision.tenant, action, record.offset, decision.content_digest, softened)


def stage_deadlines(policy: Policy) -> Mapping[int, StageDeadline]:
    """The policy's deadlines as `build` takes them."""
    return {
        int(number): StageDeadline(stage.deadline_ms, stage.max_deadline_ms, stage.min_deadline_ms)
        for number, stage in policy.stages.items()
    }


class IngestRecords:
    """Answers requests with contents records, on the partition that the request id belongs to."""

    def __init__(
        self,
        preparer: Preparer,
        policy: Current[Policy],
        decisions: LogTail[PromptAnswer],
        find: Find,
        tracing: Tracing | None = None,
        images: ImageCounts | None = None,
    ) -> None:
        """`policy` says how long a decision may take; each record is held to the one in use when its turn comes.
        `find` reads a single record of the log: what a release points to. `tracing`: by default nobody is told.
        `images`: where pictures are counted.
        """
        self._images = images
        self._tracing = tracing or Tracing()
        self._preparer = preparer
        self._find = find
        self._policy = policy
        self._decisions = decisions

    async def handle(self, record: Record) -> Sequence[Outgoing]:
        """One contents record. PoisonError for what is not a request; RetryableError."""
        if record.topic == Topic.RELEASES:
            return await self._release(record)
        request = parse(record.value)
        traced = self._tracing.begin(record, request.id)
        bulk = record.topic == Topic.REQUESTS_BULK
        source = Source(
            lane=LANE_BULK if bulk else LANE_INTERACTIVE,
            partition=record.partition,
            offset=record.offset,
            appended_at_ms=record.timestamp_ms,
        )
        deadlines = stage_deadlines(self._policy.value)
        deadline = Deadline(record.timestamp_ms + allowed_ms(request, deadlines))
        refused = judge(request)
        if refused is None and deadline.passed():
            # Nobody waits any more: reading it would only make those wait who still do.
            refused = _TOO_LATE
        try:
            prepared = [] if refused else await self._preparer.prepare_request(request, Urgency(bulk, deadline))
            prompt = None if refused else await self._prompt_decision(request)
        except RetryableError:
            if not deadline.passed():
                raise
            # What can never be read must not be tried for ever.
            prepared, prompt, refused = [], None, _TOO_LATE
        contents = build(request, prepared, source, deadlines, prompt_decision=prompt, refused=refused)
        value = contents.SerializeToString()
        if len(value) > _MOST_RECORD:
            refused = Refused(UNPROCESSABLE_TOO_LARGE, f"more than {_MOST_RECORD} bytes of text")
            contents = build(request, [], source, deadlines, refused=refused)
            value = contents.SerializeToString()
        traced.made(contents)
        if self._images is not None:
            self._images.read(contents)
        topic = Topic.CONTENTS_BULK if bulk else Topic.CONTENTS
        partition = partition_for(request.id, self._decisions.partitions)
        return (Outgoing(topic, partition, request.id.encode(), value, traced.headers),)

    async def _release(self, record: Record) -> Sequence[Outgoing]:
        """Only what is in REVIEW can be set free."""
        release = parse_release(record.value)
        partition = partition_for(release.request_id, self._decisions.partitions)
        await self._decisions.settled(partition, Deadline.after(_LOOK_UP_SECONDS))
        decision = self._decisions.get(release.request_id)
        if decision is None or decision.action != ACTION_REVIEW:
            raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "the released request is not in review")
        found = await self._find(contents_topic(release), partition, release.contents_offset)
        stage = Contents.FromString(found.value).stage if found is not None else 0
        deadlines = stage_deadlines(self._policy.value)
        default_ms = deadlines[stage].default_ms if stage in deadlines else 0
        contents = released_contents(release, found, record.timestamp_ms, default_ms, decision.softened)
        if contents.content_digest != decision.content_digest:
            raise PoisonError(DEAD_LETTER_REASON_INTERNAL, "the release points to other content than was reviewed")
        to = partition_for(contents.request_id, self._decisions.partitions)
        key = contents.request_id.encode()
        traced = self._tracing.begin(record, contents.request_id)
        traced.made(contents)
        return (Outgoing(Topic.CONTENTS, to, key, contents.SerializeToString(), traced.headers),)

    async def _prompt_decision(self, request: Request) -> PromptDecision | None:
        """What the log says of the tenant's own PROMPT request now. It is read to its end first: "none" must be
        true. Who names no tenant has the prompts that name none."""
        if request.stage != STAGE_OUTPUT or not request.generation_id:
            return None
        with Step(self._tracing.spans, "prompt decision") as told:
            partition = partition_for(request.generation_id, self._decisions.partitions)
            end = await self._decisions.settled(partition, Deadline.after(_LOOK_UP_SECONDS))
            found = self._decisions.get(request.generation_id)
            if found is None or found.stage != STAGE_PROMPT or found.tenant != request.subject.tenant:
                # Another tenant's prompt is told as one that nobody asked about, the place where looking ended and
                # all. The account is not compared: a decision has none, and which accounts work on one picture is the
                # tenant's own affair.
                return PromptDecision(offset=end)
            told["sluice.action"] = short_name(Action, found.action) or ""
            return PromptDecision(action=found.action, offset=found.offset)

"""Requests in, contents records out: where they go, what they rest on, and when ingest gives up."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.turns import Urgency
from ingest.worker import IngestRecords, PromptAnswer, read_answer
from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.deadline import Deadline, now_ms
from sluice.errors import PoisonError, RetryableError
from sluice.ids import partition_for
from sluice.policy.load import load
from sluice.policy.model import StagePolicy
from sluice.refreshed import Current
from sluice.v1.contents_pb2 import (
    UNPROCESSABLE_NO_CONTENTS,
    UNPROCESSABLE_TOO_LATE,
    Contents,
    PreparedContent,
)
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Action, Decision
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import (
    LANE_BULK,
    ROLE_GENERATED,
    ROLE_PROMPT,
    STAGE_OUTPUT,
    STAGE_PROMPT,
    Content,
    Request,
    Subject,
)
from tests.unit.build import OTHER_ID, REQUEST_ID, contents, image, text

POLICY = Path(__file__).parents[2] / "policies" / "default.yaml"
PARTITIONS = 4


class MemoryDecisions:
    """A log tail's twin."""

    partitions = PARTITIONS

    def __init__(self, **known: PromptAnswer) -> None:
        self.known = known

    async def settled(self, partition: int, deadline: Deadline) -> int:
        return 50

    def get(self, key: str) -> PromptAnswer | None:
        return self.known.get(key)


class MemoryPreparer:
    """A preparer's twin."""

    def __init__(self, prepared: Sequence[PreparedContent] | None) -> None:
        self.prepared = prepared
        self.asked: list[Urgency] = []

    async def prepare_request(self, request: Request, urgency: Urgency) -> list[PreparedContent]:
        self.asked.append(urgency)
        if self.prepared is None:
            await asyncio.sleep(0.05)
            raise RetryableError("the object store is away")
        return list(self.prepared)


def records(
    prepared: Sequence[PreparedContent] | None,
    found: Record | None = None,
    **known: PromptAnswer,
) -> IngestRecords:
    async def find(topic: str, partition: int, offset: int) -> Record | None:
        return found

    preparer: Any = MemoryPreparer(prepared)
    decisions: Any = MemoryDecisions(**known)
    return IngestRecords(preparer, Current(load(POLICY)), decisions, find)


def hasty_records(prepared: Sequence[PreparedContent] | None) -> IngestRecords:
    """Under a policy whose requests may ask for a millisecond."""
    policy = load(POLICY)
    hasty = replace(policy, stages={at: replace(one, min_deadline_ms=1) for at, one in policy.stages.items()})
    preparer: Any = MemoryPreparer(prepared)
    decisions: Any = MemoryDecisions()
    return IngestRecords(preparer, Current(hasty), decisions, find=lambda *_: pytest.fail("not asked for"))


def record(value: bytes, topic: str = Topic.REQUESTS, at: int | None = None) -> Record:
    return Record(topic, 3, 17, b"whatever the client chose", value, now_ms() if at is None else at)


def prompt(deadline_ms: int = 0) -> bytes:
    return Request(
        id=REQUEST_ID,
        stage=STAGE_PROMPT,
        contents=[Content(role=ROLE_PROMPT, text="a lighthouse")],
        deadline_ms=deadline_ms,
    ).SerializeToString()


def output(generation_id: str, tenant: str = "", account_id: str = "") -> bytes:
    return Request(
        id=REQUEST_ID,
        generation_id=generation_id,
        stage=STAGE_OUTPUT,
        subject=Subject(tenant=tenant, account_id=account_id),
        contents=[Content(role=ROLE_GENERATED, image=b"picture")],
    ).SerializeToString()


async def test_a_contents_record_goes_where_the_request_id_belongs() -> None:
    (out,) = await records([text()]).handle(record(prompt()))
    assert (out.topic, out.partition) == (Topic.CONTENTS, partition_for(REQUEST_ID, PARTITIONS))
    assert out.key == REQUEST_ID.encode()
    (bulk,) = await records([text()]).handle(record(prompt(), Topic.REQUESTS_BULK))
    assert bulk.topic == Topic.CONTENTS_BULK
    assert Contents.FromString(bulk.value).lane == LANE_BULK


async def test_each_record_is_held_to_the_deadlines_of_the_policy_in_use() -> None:
    policy = Current(load(POLICY))
    preparer: Any = MemoryPreparer([text()])
    decisions: Any = MemoryDecisions()
    ingest = IngestRecords(preparer, policy, decisions, find=lambda *_: pytest.fail("not asked for"))
    asked = record(prompt())
    (before,) = await ingest.handle(asked)
    old = policy.value.stages[STAGE_PROMPT]
    new = StagePolicy(old.deadline_ms + 1000, old.max_deadline_ms, old.on_incomplete, old.checks)
    policy.value = replace(policy.value, stages={**policy.value.stages, STAGE_PROMPT: new})
    (after,) = await ingest.handle(asked)
    first, second = (Contents.FromString(out.value).deadline_at_ms for out in (before, after))
    assert second == first + 1000


async def test_what_cannot_be_read_now_is_tried_again_until_nobody_waits() -> None:
    with pytest.raises(RetryableError):
        await records(None).handle(record(prompt()))
    (out,) = await hasty_records(None).handle(record(prompt(deadline_ms=20)))
    assert Contents.FromString(out.value).unprocessable == UNPROCESSABLE_TOO_LATE


async def test_who_asks_for_less_time_than_the_policy_grants_gets_what_it_grants() -> None:
    asked = record(prompt(deadline_ms=20))
    (out,) = await records([text()]).handle(asked)
    (hurried,) = await hasty_records([text()]).handle(asked)
    granted, asked_for = (Contents.FromString(found.value) for found in (out, hurried))
    assert granted.deadline_at_ms - granted.requested_at_ms == 1000
    assert asked_for.deadline_at_ms - asked_for.requested_at_ms == 20


async def test_what_nobody_waits_for_any_more_is_refused_unread_and_known_again() -> None:
    """A copy that comes late has the digest of the one that came in time: it is the same request."""
    preparer: Any = MemoryPreparer([text()])
    decisions: Any = MemoryDecisions()
    ingest = IngestRecords(preparer, Current(load(POLICY)), decisions, find=lambda *_: pytest.fail("not asked for"))
    (late,) = await ingest.handle(record(prompt(), at=now_ms() - 3_600_000))
    assert preparer.asked == []
    (good,) = await ingest.handle(record(prompt(), at=now_ms()))
    assert len(preparer.asked) == 1
    refused, read = Contents.FromString(late.value), Contents.FromString(good.value)
    assert (refused.unprocessable, len(refused.contents)) == (UNPROCESSABLE_TOO_LATE, 0)
    assert refused.content_digest == read.content_digest
    assert not read.unprocessable


async def test_a_request_that_nobody_could_judge_says_so_however_late_it_is() -> None:
    value = Request(id=REQUEST_ID, stage=STAGE_PROMPT).SerializeToString()
    (out,) = await records([]).handle(record(value, at=0))
    assert Contents.FromString(out.value).unprocessable == UNPROCESSABLE_NO_CONTENTS


async def test_the_lane_and_the_deadline_decide_whose_turn_it_is() -> None:
    preparer: Any = MemoryPreparer([text()])
    decisions: Any = MemoryDecisions()
    ingest = IngestRecords(preparer, Current(load(POLICY)), decisions, find=lambda *_: pytest.fail("not asked for"))
    at = now_ms()
    await ingest.handle(record(prompt(deadline_ms=1500), Topic.REQUESTS_BULK, at))
    assert preparer.asked == [Urgency(bulk=True, deadline=Deadline(at + 1500))]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (PromptAnswer(STAGE_PROMPT, "", ACTION_ALLOW, 7, b""), (ACTION_ALLOW, 7)),
        (PromptAnswer(STAGE_OUTPUT, "", ACTION_ALLOW, 7, b""), (0, 50)),
        (None, (0, 50)),
    ],
    ids=["a-prompt", "an-output-is-no-prompt", "nothing"],
)
async def test_an_output_rests_on_a_prompts_decision(answer: PromptAnswer | None, expected: tuple[int, int]) -> None:
    known = {OTHER_ID: answer} if answer is not None else {}
    (out,) = await records([image(role=ROLE_GENERATED)], None, **known).handle(record(output(OTHER_ID)))
    found = Contents.FromString(out.value).prompt_decision
    assert (found.action, found.offset) == expected


@pytest.mark.parametrize("action", [ACTION_ALLOW, ACTION_REVIEW, ACTION_BLOCK])
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("studio", "press"),
        ("studio", ""),
        ("", "studio"),
        ("", "default"),
        ("studio", "Studio"),
        ("studio", "studio "),
    ],
)
async def test_another_tenants_prompt_is_as_none(action: "Action.ValueType", theirs: str, ours: str) -> None:
    """The whole record is compared: nothing in it may tell that there is such a prompt, nor what became of it."""
    at, picture = now_ms(), [image(role=ROLE_GENERATED)]
    known = {OTHER_ID: PromptAnswer(STAGE_PROMPT, theirs, action, 7, b"")}
    (out,) = await records(picture, None, **known).handle(record(output(OTHER_ID, ours), at=at))
    (unknown,) = await records(picture).handle(record(output(OTHER_ID, ours), at=at))
    assert out == unknown
    (own,) = await records(picture, None, **known).handle(record(output(OTHER_ID, theirs), at=at))
    found = Contents.FromString(own.value).prompt_decision
    assert (found.action, found.offset) == (action, 7)


async def test_another_account_of_the_tenant_may_have_asked_the_prompt() -> None:
    decided = Decision(stage=STAGE_PROMPT, tenant="studio", action=ACTION_ALLOW)
    answer = read_answer(Record(Topic.DECISIONS, 0, 7, OTHER_ID.encode(), decided.SerializeToString(), 1000))
    ingest = records([image(role=ROLE_GENERATED)], None, **{OTHER_ID: answer})
    for account in ("", "one", "two"):
        (out,) = await ingest.handle(record(output(OTHER_ID, "studio", account)))
        assert Contents.FromString(out.value).prompt_decision.action == ACTION_ALLOW


@pytest.mark.parametrize("digest", [b"d" * 32, b"x" * 32], ids=["reviewed", "another-copy"])
async def test_a_release_frees_only_what_was_reviewed(digest: bytes) -> None:
    held = contents(text(), request_id=OTHER_ID, digest=b"d" * 32)
    found = Record(Topic.CONTENTS, 0, 5, OTHER_ID.encode(), held.SerializeToString(), 1000)
    known = {OTHER_ID: PromptAnswer(STAGE_PROMPT, "", ACTION_REVIEW, 7, digest)}
    release = Release(request_id=OTHER_ID, contents_offset=5).SerializeToString()
    ingest = records([], found, **known)
    if digest == b"d" * 32:
        (out,) = await ingest.handle(record(release, Topic.RELEASES))
        assert Contents.FromString(out.value).released_from == OTHER_ID
    else:
        with pytest.raises(PoisonError, match="other content"):
            await ingest.handle(record(release, Topic.RELEASES))


@pytest.mark.parametrize(("action", "softened"), [(ACTION_REVIEW, ("illicit",)), (ACTION_BLOCK, ())])
async def test_a_release_says_which_rules_a_breaker_had_softened(
    action: "Action.ValueType", softened: tuple[str, ...]
) -> None:
    decided = Decision(stage=STAGE_PROMPT, tenant="studio", action=action, content_digest=b"d" * 32)
    decided.reasons.add(rule="look", action=ACTION_REVIEW)
    decided.reasons.add(rule="illicit", action=ACTION_REVIEW, breaker="rule:illicit")
    answer = read_answer(Record(Topic.DECISIONS, 0, 7, OTHER_ID.encode(), decided.SerializeToString(), 1000))
    assert answer == PromptAnswer(STAGE_PROMPT, "studio", action, 7, b"d" * 32, softened)
    held = contents(text(), request_id=OTHER_ID, digest=b"d" * 32)
    found = Record(Topic.CONTENTS, 0, 5, OTHER_ID.encode(), held.SerializeToString(), 1000)
    release = record(Release(request_id=OTHER_ID, contents_offset=5).SerializeToString(), Topic.RELEASES)
    ingest = records([], found, **{OTHER_ID: answer})
    if action == ACTION_REVIEW:
        (out,) = await ingest.handle(release)
        assert tuple(Contents.FromString(out.value).released_rules) == softened
    else:
        with pytest.raises(PoisonError, match="not in review"):
            await ingest.handle(release)

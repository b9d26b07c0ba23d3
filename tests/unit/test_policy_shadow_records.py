"""What is counted and shown of a decision record, and that nothing that goes wrong here goes any further."""

import io
import json

from orchestrator.decide import decide
from policy_shadow.records import MOST_KINDS, WINDOW_MS, ShadowRecords
from sluice.bus.record import Outgoing, Record
from sluice.bus.topics import Topic
from sluice.policy.model import Policy
from sluice.refreshed import Current
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from sluice.v1.decision_pb2 import Decision
from sluice.v1.shadow_pb2 import Disagreement
from tests.unit.build import REQUEST_ID
from tests.unit.shadow import STRICTER, decided, policy

TRACE = ("traceparent", b"00-0b8f2c8e3a554f0e9d6f3c8a3d5f1e11-0000000000000001-01")


class Shadow:
    """The handler, with a clock of the test's own."""

    def __init__(self, tried: Policy = STRICTER) -> None:
        self.now = 0
        self.metrics = Metrics("policy-shadow")
        self.written = io.StringIO()
        self.policy = Current(tried)
        log = Log("policy-shadow", stream=self.written)
        self.records = ShadowRecords(self.policy, decide, self.metrics, log, lambda: self.now)

    async def see(self, decision: Decision, offset: int = 41) -> list[Disagreement]:
        return await self.read(decision.SerializeToString(), offset)

    async def read(self, value: bytes, offset: int = 41) -> list[Disagreement]:
        record = Record(Topic.DECISIONS, 3, offset, REQUEST_ID.encode(), value, 5000, (TRACE, ("other", b"x")))
        return [read(one) for one in await self.records.handle(record)]

    def counted(self) -> set[str]:
        lines = self.metrics.text().decode().splitlines()
        named = [line.removeprefix("sluice_shadow_") for line in lines if not line.startswith("#")]
        return {
            line.replace('service="policy-shadow",', "").replace(',service="policy-shadow"', "") for line in named
        }


def read(outgoing: Outgoing) -> Disagreement:
    assert (outgoing.topic, outgoing.partition, outgoing.key) == (Topic.SHADOW, 3, REQUEST_ID.encode())
    assert outgoing.headers == (TRACE,)
    return Disagreement.FromString(outgoing.value)


async def test_a_disagreement_is_shown_at_once_and_those_like_it_later() -> None:
    shadow = Shadow()
    decision = decided({"hate": 0.5})
    (first,) = await shadow.see(decision, 41)
    assert (first.decision_offset, first.stands_for, list(first.only_shadow)) == (41, 1, ["hate"])
    assert [await shadow.see(decision, offset) for offset in (42, 43)] == [[], []]
    assert shadow.records.due() == []
    shadow.now = WINDOW_MS
    (second,) = map(read, shadow.records.due())
    assert (second.decision_offset, second.stands_for, list(second.only_shadow)) == (43, 2, ["hate"])
    await shadow.see(decision, 44)
    (last,) = map(read, shadow.records.rest())
    assert (last.decision_offset, last.stands_for) == (44, 1)


async def test_everything_is_counted_whether_it_is_shown_or_not() -> None:
    shadow = Shadow()
    for hate in (0.1, 0.5, 0.5):
        await shadow.see(decided({"hate": hate}))
    assert {
        'decisions_total{outcome="same"} 1.0',
        'decisions_total{outcome="different"} 2.0',
        'disagreements_total{complete="true",live="ALLOW",shadow="BLOCK"} 2.0',
        'rules_total{complete="true",kind="only_shadow",live="ALLOW",rule="hate",shadow="BLOCK"} 2.0',
    } <= shadow.counted()


async def test_what_cannot_be_told_is_counted_apart() -> None:
    shadow = Shadow(policy("asks-more", checks=("text", "image_text")))
    (shown,) = await shadow.see(decided({"hate": 0.1}))
    assert not shown.shadow_complete
    assert {
        'decisions_total{outcome="unknown"} 1.0',
        'disagreements_total{complete="false",live="ALLOW",shadow="REVIEW"} 1.0',
    } <= shadow.counted()
    assert not any("true" in line for line in shadow.counted())


async def test_the_policy_is_the_newest() -> None:
    shadow = Shadow(policy("lenient", hate=0.9))
    assert await shadow.see(decided({"hate": 0.5})) == []
    shadow.policy.value = STRICTER
    (shown,) = await shadow.see(decided({"hate": 0.5}))
    assert shown.shadow_policy_digest == STRICTER.digest


async def test_what_stands_for_many_kinds_names_no_rules() -> None:
    shadow = Shadow()
    for number in range(MOST_KINDS):
        shadow.policy.value = policy(f"v{number}", hate=0.3)
        assert await shadow.see(decided({"hate": 0.5}))
    shadow.policy.value = STRICTER
    (shown,) = await shadow.see(decided({"hate": 0.5}))
    assert (list(shown.only_live), list(shown.only_shadow)) == ([], [])
    assert [reason.rule for reason in shown.shadow_reasons] == ["hate"]


async def test_what_is_no_decision_is_logged_by_its_place_and_passed_over() -> None:
    shadow = Shadow()
    assert await shadow.read(b"\xff\xff a secret") == []
    assert 'decisions_total{outcome="failed"} 1.0' in shadow.counted()
    (line,) = map(json.loads, shadow.written.getvalue().splitlines())
    assert (line["error"], line["partition"], line["offset"]) == ("DecodeError", 3, 41)
    assert "secret" not in shadow.written.getvalue()

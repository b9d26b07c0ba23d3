"""The traffic of the chaos runs: what is drawn, and that its outcome is really known."""

import random
from collections import Counter

import pytest
from google.protobuf.message import DecodeError

from sluice.bus.topics import Topic
from sluice.contract.digests import request_digest
from sluice.errors import PoisonError
from sluice.policy.load import load
from sluice.text.model import TextModel
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT, Request
from sluice.v1.verdict_pb2 import STATUS_OK
from tests.chaos.forgery import forge
from tests.chaos.material import REFUSED, Material, make
from tests.chaos.run import POLICY
from tests.chaos.traffic import Sending, Sort, Traffic
from tests.unit.build import result, verdict
from tests.unit.model_files import MODELS

MATERIAL = Material(("a lighthouse", "an espresso"), REFUSED, (b"picture",), (b"known",))


def drawn(traffic: Traffic) -> list[Sending]:
    return [sending for sort in traffic.sorts for sending in traffic.draw(sort)]


def test_a_seed_gives_the_same_traffic_and_another_seed_other_ids() -> None:
    first = drawn(Traffic(7, 500, 20, MATERIAL))
    assert first == drawn(Traffic(7, 500, 20, MATERIAL))
    assert first != drawn(Traffic(8, 500, 20, MATERIAL))


def test_an_id_counts_once_and_some_come_again() -> None:
    sendings = drawn(Traffic(7, 5000, 50, MATERIAL))
    copies = Counter(sending.key for sending in sendings)
    assert len(copies) == 5000
    again = sum(count - 1 for count in copies.values())
    assert 150 < again < 400
    assert {sending.topic for sending in sendings} == {Topic.REQUESTS, Topic.REQUESTS_BULK}


def test_two_contents_that_race_for_an_id_may_both_win() -> None:
    conflicts = [sending for sending in drawn(Traffic(7, 5000, 0, MATERIAL)) if sending.conflict]
    assert conflicts
    for sending in conflicts:
        assert sending.asked is not None
        assert len(sending.asked.digests) == 2
        assert request_digest(Request.FromString(sending.value)) in sending.asked.digests


def test_a_decided_id_is_used_again_for_something_else() -> None:
    traffic = Traffic(7, 10, 0, MATERIAL)
    asked = traffic.draw(Sort.PROMPT)[0].asked
    assert asked is not None
    found = [one for _ in range(2000) if (one := traffic.conflict(asked))]
    assert found
    for sending in found:
        request = Request.FromString(sending.value)
        assert request.id == asked.request_id
        assert request_digest(request) not in asked.digests


def test_an_output_rests_on_prompts_that_were_decided() -> None:
    traffic = Traffic(7, 10, 0, MATERIAL)
    prompts = {"allowed": ACTION_ALLOW, "blocked": ACTION_BLOCK}
    for request_id, action in prompts.items():
        traffic.decided(Decision(request_id=request_id, stage=STAGE_PROMPT, action=action))
    asked = [traffic.draw(Sort.OUTPUT)[0] for _ in range(200)]
    rests: Counter[str] = Counter()
    for sending in asked:
        request = Request.FromString(sending.value)
        assert request.stage == STAGE_OUTPUT
        assert sending.asked is not None
        assert sending.asked.action == prompts.get(request.generation_id, ACTION_ALLOW)
        rests[request.generation_id] += 1
    assert set(rests) == {"allowed", "blocked", ""}


def test_known_material_is_blocked_and_an_incident() -> None:
    traffic = Traffic(7, 10, 0, MATERIAL)
    for _ in range(20):
        asked = traffic.draw(Sort.KNOWN)[0].asked
        assert asked is not None
        assert (asked.action, asked.incidents, asked.rules) == (ACTION_BLOCK, 1, frozenset({"known-csam"}))


def test_garbage_is_refused_by_ingest() -> None:
    from ingest.validate import parse  # noqa: PLC0415 - a service, in this test alone

    traffic = Traffic(7, 10, 0, MATERIAL)
    found = [one for _ in range(20_000) if (one := traffic.garbage())]
    assert len(found) > 20
    for sending in found:
        with pytest.raises((PoisonError, DecodeError)):
            parse(sending.value)


def test_a_forged_verdict_says_the_opposite_about_the_same() -> None:
    dice = random.Random(1)
    harmless = verdict("text", result(scores={"sexual": 0.01}))
    forged = forge(harmless, dice)
    assert (forged.request_id, forged.check, forged.contents_offset) == (harmless.request_id, "text", 0)
    assert forged.results[0].scores["sexual"] > 0.5
    known = verdict("hash", result(csam=True))
    assert not any(found.results[0].matches for found in (forge(known, dice) for _ in range(20)))
    assert harmless.results[0].status == STATUS_OK


def test_the_policy_differs_from_the_default_one_in_its_deadlines_alone() -> None:
    chaos, default = load(POLICY), load(POLICY.parents[2] / "policies" / "default.yaml")
    assert [(rule.id, rule.when, rule.action) for rule in chaos.rules] == [
        (rule.id, rule.when, rule.action) for rule in default.rules
    ]
    assert chaos.thresholds == default.thresholds
    for stage, found in chaos.stages.items():
        assert found.checks == default.stages[stage].checks
        assert (found.deadline_ms, found.max_deadline_ms) == (180_000, 180_000)


async def test_every_prompt_is_what_it_is_taken_for() -> None:
    """By the real model, and by a distance: a run must not depend on what is close."""
    model = TextModel.open(MODELS)
    material = make()
    for scores in await model.score(material.harmless):
        assert max(scores.values()) < 0.3
    for (_, rule), scores in zip(REFUSED, await model.score([text for text, _ in REFUSED]), strict=True):
        assert scores[rule] > 0.6

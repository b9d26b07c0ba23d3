"""The main job on the real thing: requests in, one decision each."""

import os
import signal
import uuid

import grpc
import pytest

from sluice import samples
from sluice.bus.topics import Topic
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision
from sluice.v1.request_pb2 import LANE_BULK, OPERATION_EDIT, ROLE_GENERATED, ROLE_TRANSCRIPT, STAGE_OUTPUT, Content
from tests.integration.client import Client, action, ask, ask_output, generated, prompt, rules, upload
from tests.integration.topics import of_request
from text_classifier import image_text_examples

LIGHTHOUSE = "a watercolor of a lighthouse at dawn"


def test_a_harmless_prompt_is_allowed(client: Client) -> None:
    decision = client.decide(ask(prompt(LIGHTHOUSE)))
    assert (action(decision), decision.complete, list(decision.reasons)) == ("ALLOW", True, [])


def test_a_disallowed_prompt_is_blocked_with_its_category(client: Client) -> None:
    decision = client.decide(ask(prompt("how do I make a pipe bomb from household things?")))
    assert action(decision) == "BLOCK"
    assert {reason.category for reason in decision.reasons} & {"illicit", "illicit/violent"}


def test_a_transcript_is_judged_like_a_prompt(client: Client) -> None:
    transcript = Content(role=ROLE_TRANSCRIPT, text="tell me how to build a pipe bomb")
    assert action(client.decide(ask(prompt("draw what I said"), transcript))) == "BLOCK"


def test_the_bulk_lane_decides_too(client: Client, kafka: KafkaSettings) -> None:
    request = ask(prompt(LIGHTHOUSE))
    request.lane = LANE_BULK
    assert action(client.decide(request)) == "ALLOW"
    assert len(of_request(kafka, Topic.CONTENTS_BULK, request.id)) == 1


def test_the_same_request_again_gets_the_stored_decision(client: Client, kafka: KafkaSettings) -> None:
    request = ask(prompt("a bowl of oranges"))
    first, second = client.decide(request), client.decide(request)
    assert first == second
    assert len(of_request(kafka, Topic.DECISIONS, request.id, count=2, seconds=2)) == 1


def test_the_same_id_with_other_content_is_refused(client: Client) -> None:
    request = ask(prompt("a bowl of oranges"))
    client.decide(request)
    with pytest.raises(grpc.RpcError) as caught:
        client.decide(ask(prompt("a bowl of lemons"), request_id=request.id))
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_a_request_in_a_picture_is_judged_like_a_prompt(client: Client) -> None:
    harmless, unsafe = (example.item.rendition for example in image_text_examples.examples()[::2])
    assert harmless is not None
    assert unsafe is not None
    assert action(client.decide(ask(prompt("like this"), upload(harmless.data)))) == "ALLOW"
    decision = client.decide(ask(prompt("like this"), upload(unsafe.data)))
    assert action(decision) == "BLOCK"
    assert ("illicit", "image_text") in {(reason.category, reason.check) for reason in decision.reasons}


@pytest.mark.parametrize(
    "check", ["text-classifier", "image-text-classifier", "image-classifier", "person-classifier", "hash-matcher"]
)
def test_a_check_that_stands_still_is_never_an_allow(client: Client, stack: Running, check: str) -> None:
    pid = stack.services[check].pid
    picture = samples.pictures()[0].data
    os.kill(pid, signal.SIGSTOP)
    try:
        decision = client.decide(ask(prompt(LIGHTHOUSE), upload(picture), deadline_ms=2500))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (action(decision), decision.complete) == ("BLOCK", False)
    name = check.removesuffix("-classifier").removesuffix("-matcher").replace("-", "_")
    assert name in {reason.check for reason in decision.reasons if reason.rule == "incomplete"}


def test_an_output_rests_on_its_prompt(client: Client) -> None:
    picture = samples.pictures()[1].data
    blocked = client.decide(ask(prompt("how to build a pipe bomb")))
    found = client.decide(ask_output(picture, generation_id=blocked.request_id))
    assert (action(found), "prompt-not-allowed" in rules(found)) == ("BLOCK", True)
    unknown = client.decide(ask_output(picture, generation_id=str(uuid.uuid4())))
    assert (action(unknown), "prompt-not-allowed" in rules(unknown)) == ("BLOCK", True)
    allowed = client.decide(ask(prompt(LIGHTHOUSE)))
    assert action(client.decide(ask_output(picture, generation_id=allowed.request_id))) == "ALLOW"


@pytest.mark.parametrize("words", [LIGHTHOUSE, "how to build a pipe bomb"])
def test_an_output_cannot_rest_on_another_tenants_prompt(client: Client, words: str) -> None:
    """It is told what it would be told of a prompt that nobody asked."""
    picture = samples.pictures()[1].data
    theirs = client.decide(ask(prompt(words), tenant="studio"))
    unknown = client.decide(ask_output(picture, generation_id=str(uuid.uuid4()), tenant="press"))
    assert rules(unknown) == {"prompt-not-allowed"}
    for tenant in ("press", "", "Studio"):
        found = client.decide(ask_output(picture, generation_id=theirs.request_id, tenant=tenant))
        assert (found.action, found.prompt_action) == (unknown.action, unknown.prompt_action)
        assert list(found.reasons) == list(unknown.reasons)
    own = client.decide(ask_output(picture, generation_id=theirs.request_id, tenant="studio"))
    assert (action(own), own.prompt_action) == (action(theirs), theirs.action)


def test_an_empty_request_is_not_allowed(client: Client) -> None:
    decision = client.decide(ask())
    assert (action(decision), rules(decision)) == ("BLOCK", {"unprocessable"})


@pytest.mark.parametrize(
    "contents",
    [
        [generated(b"x"), generated(b"y")],
        [],
        [Content(role=ROLE_GENERATED, text="not a picture")],
        [Content(role=ROLE_GENERATED)],
        [Content(role=17, text="nobody knows this role")],  # type: ignore[arg-type]
    ],
    ids=["two-pictures", "none", "text-as-picture", "no-body", "unknown-role"],
)
def test_an_output_of_the_wrong_form_is_not_allowed(client: Client, contents: list[Content]) -> None:
    assert action(client.decide(ask(*contents, stage=STAGE_OUTPUT))) == "BLOCK"


def test_a_test_bank_picture_is_blocked_and_reported_as_a_test(client: Client, kafka: KafkaSettings) -> None:
    bank = samples.test_bank_pictures()[2]
    request = ask(prompt("brighter"), upload(bank.encoded("JPEG")), operation=OPERATION_EDIT, account_id="acct-4711")
    decision = client.decide(request)
    assert (action(decision), "known-csam" in rules(decision)) == ("BLOCK", True)
    matches = [match for seen in decision.inputs for result in seen.results for match in result.matches]
    assert matches
    assert all(match.test for match in matches)
    assert len(of_request(kafka, Topic.INCIDENTS, request.id)) == 1


def test_a_blocked_picture_reaches_no_asset_topic(client: Client, kafka: KafkaSettings) -> None:
    request = ask_output(samples.test_bank_pictures()[3].data)
    assert action(client.decide(request)) == "BLOCK"
    for topic in (Topic.APPROVED, Topic.SIGNED):
        assert of_request(kafka, topic, request.id, seconds=1.5) == []


def test_the_log_holds_the_decision_that_the_door_gave(client: Client, kafka: KafkaSettings) -> None:
    decision = client.decide(ask(prompt("a red bicycle")))
    (record,) = of_request(kafka, Topic.DECISIONS, decision.request_id)
    assert Decision.FromString(record.value) == decision

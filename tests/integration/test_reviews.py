"""REVIEW: final for its id, releases nothing, and can be set free by a person, under an id of its own."""

import time

from sluice import samples
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.ids import new_request_id, released_id
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetter
from sluice.v1.decision_pb2 import Decision
from sluice.v1.release_pb2 import Release
from sluice.v1.request_pb2 import Request, Subject
from sluice.v1.review_pb2 import Review
from tests.integration.client import Client, action, ask, ask_output, prompt, rules
from tests.integration.topics import of_request


def held(request: Request) -> Request:
    request.subject.CopyFrom(Subject(tenant="held"))
    return request


def publish(kafka: KafkaSettings, release: Release, key: str) -> None:
    producer = plain_producer(kafka)
    producer.produce(Topic.RELEASES, release.SerializeToString(), key=key.encode())
    assert producer.flush(10) == 0


def test_a_review_releases_nothing_until_a_person_does(client: Client, kafka: KafkaSettings) -> None:
    request = held(ask_output(samples.pictures()[5].data))
    answer = client.moderate(request)
    assert action(answer.decision) == "REVIEW"
    assert "held-tenant" in rules(answer.decision)
    assert not answer.HasField("asset")
    assert of_request(kafka, Topic.APPROVED, request.id, seconds=1) == []
    (record,) = of_request(kafka, Topic.REVIEWS, request.id)
    review = Review.FromString(record.value)
    assert list(review.rules) == ["held-tenant"]

    release = Release(request_id=request.id, lane=review.lane, contents_offset=review.contents_offset)
    for _ in range(2):
        publish(kafka, release, request.id)
    free = released_id(request.id)
    (signed,) = of_request(kafka, Topic.SIGNED, free)
    assert signed.value
    time.sleep(0.5)
    (decided,) = of_request(kafka, Topic.DECISIONS, free, count=2, seconds=2)
    decision = Decision.FromString(decided.value)
    assert (action(decision), decision.complete, decision.released_from) == ("ALLOW", True, request.id)
    assert action(client.decide(request)) == "REVIEW"


def test_a_release_does_not_undo_a_block(client: Client, kafka: KafkaSettings) -> None:
    request = held(ask(prompt("how to build a pipe bomb")))
    decision = client.decide(request)
    assert action(decision) == "BLOCK"
    publish(kafka, Release(request_id=request.id, contents_offset=decision.contents_offset), request.id)
    (record,) = of_request(kafka, Topic.DEAD_LETTERS, request.id)
    assert "not in review" in DeadLetter.FromString(record.value).detail


def test_a_release_that_points_elsewhere_frees_nothing(client: Client, kafka: KafkaSettings) -> None:
    request = held(ask(prompt("a lighthouse")))
    assert action(client.decide(request)) == "REVIEW"
    publish(kafka, Release(request_id=request.id, contents_offset=10_000_000), request.id)
    assert len(of_request(kafka, Topic.DEAD_LETTERS, request.id)) == 1
    assert of_request(kafka, Topic.DECISIONS, released_id(request.id), seconds=1) == []


def test_strangers_cannot_release(client: Client) -> None:
    request = held(ask(prompt("a lighthouse")))
    request.released_from = new_request_id()
    decision = client.decide(request)
    assert (action(decision), decision.released_from) == ("REVIEW", "")

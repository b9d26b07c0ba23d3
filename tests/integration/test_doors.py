"""gRPC: health, reflection, and each check's own method."""

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from sluice import samples
from sluice.contract.digests import request_digest
from sluice.local.state import Running
from sluice.v1 import (
    hash_matcher_pb2,
    image_classifier_pb2,
    image_text_classifier_pb2,
    person_classifier_pb2,
    text_classifier_pb2,
)
from sluice.v1.contents_pb2 import UNPROCESSABLE_UNDECODABLE, UNPROCESSABLE_UNKNOWN_TYPE
from sluice.v1.hash_matcher_pb2_grpc import HashMatcherStub
from sluice.v1.image_classifier_pb2_grpc import ImageClassifierStub
from sluice.v1.image_text_classifier_pb2_grpc import ImageTextClassifierStub
from sluice.v1.orchestrator_pb2 import ModerateRequest, ModerateStreamRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.person_classifier_pb2_grpc import PersonClassifierStub
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD
from sluice.v1.text_classifier_pb2_grpc import TextClassifierStub
from sluice.v1.verdict_pb2 import PERSON_NONE, PERSON_UNSPECIFIED, STATUS_OK, STATUS_UNPROCESSABLE
from tests.integration.client import Client, action, ask, prompt

SERVICES = {
    "ingest": "sluice.v1.Ingest",
    "text-classifier": "sluice.v1.TextClassifier",
    "image-text-classifier": "sluice.v1.ImageTextClassifier",
    "image-classifier": "sluice.v1.ImageClassifier",
    "person-classifier": "sluice.v1.PersonClassifier",
    "hash-matcher": "sluice.v1.HashMatcher",
    "orchestrator": "sluice.v1.Orchestrator",
    "c2pa-signer": "sluice.v1.C2paSigner",
    "policy-shadow": "",
    "provenance": "sluice.v1.Provenance",
    "reporter": "sluice.v1.Reporter",
    "gateway": "",
}
"""Name -> its gRPC service; empty for what is on Kafka alone, and on HTTP."""


@pytest.mark.parametrize("name", SERVICES)
def test_health_and_reflection(client: Client, name: str) -> None:
    channel = client.channels[name]
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    for service in ("", "live", SERVICES[name]):
        answer = check(health_pb2.HealthCheckRequest(service=service), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    # A call by path, as grpcurl makes it: the generated stubs of these two services have no types.
    reflect = channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    (found,) = reflect(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=10)
    assert {SERVICES[name]} - {""} <= {service.name for service in found.list_services_response.service}


def test_every_service_of_the_stack_is_tested(stack: Running) -> None:
    assert set(stack.services) == set(SERVICES)


def test_text_classifier(client: Client) -> None:
    stub = TextClassifierStub(client.channels["text-classifier"])
    content = client.prepare(b"how to build a pipe bomb", ROLE_PROMPT, "text/plain").content
    answer = stub.Classify(text_classifier_pb2.TextClassifierClassifyRequest(content=content), timeout=30)
    assert answer.result.status == STATUS_OK
    assert answer.result.scores["illicit"] > 0.5
    assert "illicit/violent" in answer.result.abstained
    assert all(len(model.digest) == 32 for model in answer.models)


def test_streams_answer_every_item(client: Client) -> None:
    stub = TextClassifierStub(client.channels["text-classifier"])
    content = client.prepare(b"a lighthouse", ROLE_PROMPT, "text/plain").content
    asked = [
        text_classifier_pb2.TextClassifierClassifyStreamRequest(tag=f"t{at}", content=content) for at in range(40)
    ]
    answers = list(stub.ClassifyStream(iter(asked), timeout=60))
    assert sorted(answer.tag for answer in answers) == sorted(request.tag for request in asked)
    assert all(answer.result.status == STATUS_OK for answer in answers)


def test_one_bad_item_of_a_stream_costs_only_its_own_answer(client: Client) -> None:
    stub = TextClassifierStub(client.channels["text-classifier"])
    good = client.prepare(b"a lighthouse", ROLE_PROMPT, "text/plain").content
    bad = client.prepare(samples.pictures()[0].data, ROLE_UPLOAD).content
    asked = [
        text_classifier_pb2.TextClassifierClassifyStreamRequest(tag=tag, content=content)
        for tag, content in (("a", good), ("b", bad), ("c", good))
    ]
    statuses = {answer.tag: answer.result.status for answer in stub.ClassifyStream(iter(asked), timeout=60)}
    assert statuses == {"a": STATUS_OK, "b": STATUS_UNPROCESSABLE, "c": STATUS_OK}


def test_picture_checks(client: Client) -> None:
    content = client.prepare(samples.pictures()[0].data, ROLE_UPLOAD).content
    image = ImageClassifierStub(client.channels["image-classifier"]).Classify(
        image_classifier_pb2.ImageClassifierClassifyRequest(content=content), timeout=30
    )
    assert 0.0 <= image.result.scores["sexual"] <= 1.0
    assert {"drawn", "photoreal"} <= set(image.result.signals)
    text = ImageTextClassifierStub(client.channels["image-text-classifier"]).Classify(
        image_text_classifier_pb2.ImageTextClassifierClassifyRequest(content=content), timeout=30
    )
    assert text.result.status == STATUS_OK
    assert "text_lines" in text.result.signals
    person = PersonClassifierStub(client.channels["person-classifier"]).Classify(
        person_classifier_pb2.PersonClassifierClassifyRequest(content=content), timeout=30
    )
    assert person.result.person != PERSON_UNSPECIFIED
    assert person.result.person == PERSON_NONE


def test_hash_matcher(client: Client) -> None:
    stub = HashMatcherStub(client.channels["hash-matcher"])
    known = client.prepare(samples.test_bank_pictures()[0].encoded("WEBP"), ROLE_UPLOAD).content
    other = client.prepare(samples.pictures()[0].data, ROLE_UPLOAD).content
    found = stub.Match(hash_matcher_pb2.HashMatcherMatchRequest(content=known), timeout=30)
    assert [match.kind for match in found.result.matches] == ["csam"]
    assert not stub.Match(hash_matcher_pb2.HashMatcherMatchRequest(content=other), timeout=30).result.matches


def test_a_check_takes_nothing_but_what_it_is_for(client: Client) -> None:
    stub = TextClassifierStub(client.channels["text-classifier"])
    picture = client.prepare(samples.pictures()[0].data, ROLE_UPLOAD).content
    with pytest.raises(grpc.RpcError) as caught:
        stub.Classify(text_classifier_pb2.TextClassifierClassifyRequest(content=picture), timeout=30)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_prepare_says_what_it_cannot_read(client: Client) -> None:
    answer = client.prepare(b"\x00\x01\x02 not a picture", ROLE_UPLOAD)
    assert answer.content.unprocessable in (UNPROCESSABLE_UNKNOWN_TYPE, UNPROCESSABLE_UNDECODABLE)


def test_a_bad_request_id_is_refused_at_the_door(client: Client) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        client.decide(ask(prompt("a lighthouse"), request_id="not-a-uuid"))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_moderate_stream(client: Client) -> None:
    stub = OrchestratorStub(client.channels["orchestrator"])
    requests = [ask(prompt(f"a painting of {count} ducks")) for count in range(12)]
    answers = list(stub.ModerateStream(iter([ModerateStreamRequest(request=r) for r in requests]), timeout=90))
    assert {answer.request_id for answer in answers} == {request.id for request in requests}
    assert {action(answer.decision) for answer in answers} == {"ALLOW"}


def test_the_same_request_many_times_at_once_is_one_decision(client: Client) -> None:
    stub = OrchestratorStub(client.channels["orchestrator"])
    request = ModerateRequest(request=ask(prompt("a painting of a mill")))
    calls = [stub.Moderate.future(request, timeout=90) for _ in range(8)]
    answers = {call.result().SerializeToString(deterministic=True) for call in calls}
    assert len(answers) == 1
    assert stub.Moderate(request, timeout=90).SerializeToString(deterministic=True) in answers


def test_other_content_under_a_pending_id_is_a_conflict_and_so_it_is_once_decided(client: Client) -> None:
    stub = OrchestratorStub(client.channels["orchestrator"])
    first = ask(prompt("a painting of a mill"))
    other = ask(prompt("a painting of a bridge"), request_id=first.id)
    calls = [stub.Moderate.future(ModerateRequest(request=request), timeout=90) for request in (first, other)]
    codes = [call.code() for call in calls]
    assert sorted(code.name for code in codes) == ["ALREADY_EXISTS", "OK"]
    decided = calls[codes.index(grpc.StatusCode.OK)].result().decision
    for request in (first, other):
        if request_digest(request) == decided.content_digest:
            assert client.decide(request) == decided
        else:
            with pytest.raises(grpc.RpcError) as caught:
                client.decide(request)
            assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_streams_that_are_hung_up_leave_a_check_at_work(client: Client) -> None:
    stub = TextClassifierStub(client.channels["text-classifier"])
    content = client.prepare(b"a lighthouse", ROLE_PROMPT, "text/plain").content
    asked = [
        text_classifier_pb2.TextClassifierClassifyStreamRequest(tag=f"t{at}", content=content) for at in range(500)
    ]
    streams = [stub.ClassifyStream(iter(asked), timeout=60) for _ in range(4)]
    for stream in streams:
        next(stream)
        stream.cancel()
    answer = stub.Classify(text_classifier_pb2.TextClassifierClassifyRequest(content=content), timeout=30)
    assert answer.result.status == STATUS_OK


def test_a_caller_whose_time_is_up_has_no_decision_and_finds_it_later(client: Client) -> None:
    stub = OrchestratorStub(client.channels["orchestrator"])
    request = ModerateRequest(request=ask(prompt("a painting of a quay")))
    with pytest.raises(grpc.RpcError) as caught:
        stub.Moderate(request, timeout=0.001)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert action(stub.Moderate(request, timeout=90).decision) == "ALLOW"


def test_an_item_of_a_stream_that_cannot_be_asked_says_why(client: Client) -> None:
    stub = OrchestratorStub(client.channels["orchestrator"])
    good = ask(prompt("a painting of a barn"))
    bad = ask(prompt("a painting of a barn"), request_id="not-a-uuid")
    asked = [ModerateStreamRequest(request=request) for request in (bad, good)]
    answers = {answer.request_id: answer for answer in stub.ModerateStream(iter(asked), timeout=90)}
    assert answers["not-a-uuid"].code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert not answers["not-a-uuid"].HasField("decision")
    assert action(answers[good.id].decision) == "ALLOW"

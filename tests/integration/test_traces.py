"""One trace per request: from the generator's record, over every hop of the real stack, to the signed picture."""

from collections.abc import Sequence

import grpc
import pytest

from sluice import samples
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from sluice.telemetry.trace_context import TraceContext, headers_of, of_request
from sluice.v1.orchestrator_pb2 import ModerateRequest
from sluice.v1.orchestrator_pb2_grpc import OrchestratorStub
from sluice.v1.request_pb2 import STAGE_OUTPUT, Request
from tests.integration.client import Client, action, ask, generated, prompt
from tests.integration.span_trees import Got, ids_by_the_log, tree, wait_for_tree
from tests.integration.topics import of_request as records_of
from tests.unit.otlp_receiver import Receiver

GIVEN = TraceContext("7c0de5f1a9b24e4f8d3b6a1c2e5f9047", "00f067aa0ba902b7", sampled=True, state="vendor=1")
"""Of this file alone: the receiver has the spans of all tests."""


def check(service: str, *contents: str, fetches: bool) -> list[str]:
    """The hop of a check that looked at these contents, and what it consists of."""
    steps = [
        "batch",
        *[f"{step} {each}" for step in ("fetch", "wait") for each in contents],
        "send moderation.verdicts",
    ]
    kept = sorted(step for step in steps if fetches or not step.startswith("fetch"))
    return [f"{service} process moderation.contents", *[f"  {service} {step}" for step in kept]]


def hops(*lines: Sequence[str]) -> list[str]:
    """The hop of ingest and what is below it, two spaces deeper."""
    return [f"  {line}" for several in lines for line in several]


OUTPUT = [
    "ingest process moderation.requests",
    *hops(
        check("hash-matcher", "c1", fetches=True),
        check("image-classifier", "c1", fetches=True),
        check("image-text-classifier", "c1", fetches=True),
        ["ingest decode c1", "ingest prompt decision ALLOW"],
        ["orchestrator decide ALLOW"],
        ["  c2pa-signer process assets.approved"],
        ["    c2pa-signer sign"],
        ["    provenance process assets.signed", "      provenance look", "      provenance record"],
        ["  policy-shadow process moderation.decisions"],
        check("person-classifier", "c1", fetches=True),
        check("text-classifier", "c0", fetches=False),
    ),
]
"""Of an allowed output: a prompt, c0, and the picture, c1."""


def publish(kafka: KafkaSettings, request: Request, *headers: tuple[str, bytes]) -> None:
    """As a generator does: the record alone."""
    producer = plain_producer(kafka)
    given: list[tuple[str, str | bytes | None]] = [*headers]
    producer.produce(Topic.REQUESTS, request.SerializeToString(), key=request.id.encode(), headers=given)
    assert producer.flush(10) == 0


def output(client: Client) -> Request:
    """A picture for a prompt that was allowed."""
    words = prompt("a watercolor of a lighthouse")
    allowed = ask(words)
    assert action(client.decide(allowed)) == "ALLOW"
    picture = generated(samples.pictures()[0].encoded("JPEG"))
    return ask(words, picture, stage=STAGE_OUTPUT, generation_id=allowed.id)


def below(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def check_whole(spans: Sequence[Got], request_id: str, above: str) -> None:
    """Nothing is loose, nothing is twice, nothing is another request's, and nothing went wrong."""
    known = {span.id for span in spans}
    assert len(known) == len(spans)
    assert {span.parent for span in spans} <= known | {above}
    assert {link for span in spans for link in span.links} <= known
    assert {span.attributes.get("sluice.request_id", request_id) for span in spans} == {request_id}
    assert [span.label for span in spans if span.error] == []
    assert all(span.start_ns <= span.end_ns for span in spans)


def check_joins(kafka: KafkaSettings, spans: Sequence[Got], request_id: str, trace: TraceContext) -> None:
    """The decision rests on the hops of all five checks; the log alone says which ids all of them have."""
    ids = ids_by_the_log(kafka, request_id, trace, answers=5)
    (decide,) = [span for span in spans if span.name == "decide"]
    (ingest,) = [span for span in spans if span.name == "process moderation.requests"]
    hops = {span.attributes["sluice.check"]: span.id for span in spans if span.name == "process moderation.contents"}
    assert {**hops, "ingest": ingest.id, "decide": decide.id} == ids
    assert sorted(hops) == ["hash", "image", "image_text", "person", "text"]
    assert sorted(decide.links) == sorted(hops.values())


def test_the_trace_of_a_request_is_the_request_id_and_has_every_hop(
    kafka: KafkaSettings, client: Client, receiver: Receiver
) -> None:
    request = output(client)
    publish(kafka, request)
    root = of_request(request.id)
    assert root.trace_id == request.id.replace("-", "")
    wanted = ["ingest request", *below(OUTPUT)]
    spans = wait_for_tree(receiver, root.trace_id, wanted)
    assert tree(spans) == wanted
    check_whole(spans, request.id, "")
    check_joins(kafka, spans, request.id, root)
    assert next(span.id for span in spans if span.name == "request") == root.span_id


def test_a_generators_own_trace_is_carried_on_to_the_signed_picture(
    kafka: KafkaSettings, client: Client, receiver: Receiver
) -> None:
    request = output(client)
    publish(kafka, request, *headers_of(GIVEN), ("x-secret", b"no"))
    spans = wait_for_tree(receiver, GIVEN.trace_id, OUTPUT, GIVEN.span_id)
    assert tree(spans, GIVEN.span_id) == OUTPUT
    check_whole(spans, request.id, GIVEN.span_id)
    check_joins(kafka, spans, request.id, GIVEN)
    for topic, count in ((Topic.CONTENTS, 1), (Topic.VERDICTS, 5), (Topic.DECISIONS, 1), (Topic.SIGNED, 1)):
        for record in records_of(kafka, topic, request.id, count):
            found = dict(record.headers)
            _, trace_id, parent, flags = found["traceparent"].split(b"-")
            assert (trace_id.decode(), flags, found["tracestate"]) == (GIVEN.trace_id, b"01", b"vendor=1")
            assert parent.decode() in {span.id for span in spans}, topic
            assert "x-secret" not in found
    # The state is the sender's own text: it is handed on, and told to nobody.
    assert all(b"vendor=1" not in each.SerializeToString() for each in receiver.requests)


@pytest.mark.parametrize("given", [GIVEN.trace_id[::-1], ""], ids=["callers", "none"])
def test_a_call_is_the_root_of_what_it_caused(client: Client, receiver: Receiver, given: str) -> None:
    request = ask(prompt("a harbour in the morning"))
    stub = OrchestratorStub(client.channels["orchestrator"])
    caller = TraceContext(given, GIVEN.span_id, sampled=True)
    metadata = (("traceparent", headers_of(caller)[0][1].decode()),) if given else ()
    answer, call = stub.Moderate.with_call(ModerateRequest(request=request), timeout=60, metadata=metadata)
    assert (action(answer.decision), call.code()) == ("ALLOW", grpc.StatusCode.OK)
    wanted = [
        "orchestrator sluice.v1.Orchestrator/Moderate",
        "  ingest process moderation.requests",
        *hops(
            ["  hash-matcher process moderation.contents"],
            ["  image-classifier process moderation.contents"],
            ["  image-text-classifier process moderation.contents"],
            ["  orchestrator decide ALLOW", "    policy-shadow process moderation.decisions"],
            ["  person-classifier process moderation.contents"],
            below(check("text-classifier", "c0", fetches=False)),
        ),
    ]
    trace_id, above = (given, GIVEN.span_id) if given else (of_request(request.id).trace_id, "")
    spans = wait_for_tree(receiver, trace_id, wanted, above)
    assert tree(spans, above) == wanted
    check_whole(spans, request.id, above)

"""Trace context goes from the request to the signed picture."""

import pytest

from sluice import samples
from sluice.bus.clients import plain_producer
from sluice.bus.topics import Topic
from sluice.settings import KafkaSettings
from tests.integration.client import ask_output
from tests.integration.topics import of_request

GIVEN = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("given", [GIVEN, None], ids=["senders", "none"])
def test_one_trace_per_request(kafka: KafkaSettings, given: bytes | None) -> None:
    request = ask_output(samples.pictures()[0].encoded("JPEG"))
    producer = plain_producer(kafka)
    headers: list[tuple[str, str | bytes | None]] = [("traceparent", given), ("x-secret", b"no")] if given else []
    producer.produce(Topic.REQUESTS, request.SerializeToString(), key=request.id.encode(), headers=headers)
    assert producer.flush(10) == 0
    trace = given.split(b"-")[1] if given else request.id.replace("-", "").encode()
    for topic, count in ((Topic.CONTENTS, 1), (Topic.VERDICTS, 3), (Topic.DECISIONS, 1), (Topic.SIGNED, 1)):
        for record in of_request(kafka, topic, request.id, count):
            found = dict(record.headers)
            assert found["traceparent"].split(b"-")[1] == trace, topic
            assert "x-secret" not in found

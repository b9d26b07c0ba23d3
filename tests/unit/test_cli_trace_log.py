"""A trace out of what the log says of a request."""

from collections.abc import Sequence

import pytest

from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.cli import trace_log
from sluice.cli.trace_log import from_log
from sluice.errors import RetryableError
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Action
from tests.trace_samples import CHECKS, REQUEST_ID, TRACE_ID, T, decided

MS = 1_000_000
KAFKA = KafkaSettings({"bootstrap.servers": "broker:9092"})
OWN = "4bf92f3577b34da6a3ce929d0e0e4736"


class Log:
    """What is on the topics, by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **records: tuple[bytes, str]) -> None:
        self.records = records
        self.asked: list[tuple[str, int]] = []
        monkeypatch.setattr(trace_log, "count_partitions", lambda *_: 8)
        monkeypatch.setattr(trace_log, "newest", self.newest)

    def newest(self, kafka: KafkaSettings, topic: str, partition: int, key: str, since_ms: int = 0) -> Record | None:
        assert (partition, key) == (partition_for(REQUEST_ID, 8), REQUEST_ID)
        self.asked.append((topic, since_ms))
        found = self.records.get(topic.replace(".", "_"))
        if found is None:
            return None
        headers = (("traceparent", f"00-{found[1]}-00f067aa0ba902b7-01".encode()),) if found[1] else ()
        return Record(topic, partition, 5, key.encode(), found[0], T + 302, headers)

    def topics(self) -> Sequence[str]:
        return [topic for topic, _ in self.asked]


def test_the_trace_is_the_one_that_the_record_names(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(monkeypatch, moderation_decisions=(decided(*CHECKS).SerializeToString(), OWN), assets_signed=(b"", OWN))
    logged = from_log(KAFKA, REQUEST_ID)
    assert logged is not None
    assert (logged.trace_id, logged.decided_at_ms) == (OWN, T + 300)
    assert {span.trace_id for span in logged.spans} == {OWN}
    assert logged.spans[-1].name == "sign"
    # A signed asset is looked for from its decision on, and no further back.
    assert log.asked == [(Topic.DECISIONS, 0), (Topic.SIGNED, T + 302)]


def test_without_a_header_the_trace_is_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = decided(*CHECKS)
    blocked.action = Action.ACTION_BLOCK
    log = Log(monkeypatch, moderation_decisions=(blocked.SerializeToString(), ""))
    logged = from_log(KAFKA, REQUEST_ID)
    assert logged is not None
    assert logged.trace_id == TRACE_ID
    assert log.topics() == [Topic.DECISIONS]


def test_what_is_not_decided_is_told_as_far_as_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Contents(request_id=REQUEST_ID, requested_at_ms=T)
    Log(monkeypatch, moderation_contents_bulk=(prepared.SerializeToString(), OWN))
    logged = from_log(KAFKA, REQUEST_ID)
    assert logged is not None
    assert (logged.trace_id, logged.decided_at_ms) == (OWN, 0)
    assert [(span.name, span.end_ns // MS - T) for span in logged.spans] == [
        ("request", 0),
        ("process moderation.requests.bulk", 302),
    ]


def test_nothing_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(monkeypatch)
    assert from_log(KAFKA, REQUEST_ID) is None
    assert log.topics() == [Topic.DECISIONS, Topic.CONTENTS, Topic.CONTENTS_BULK]


def test_a_record_that_is_no_decision_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Log(monkeypatch, moderation_decisions=(b"\xff\xff", ""))
    with pytest.raises(RetryableError, match=r"moderation.decisions\[\d\]@5 is not a decision"):
        from_log(KAFKA, REQUEST_ID)

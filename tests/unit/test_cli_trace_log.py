"""A trace out of what the log says of a request."""

from collections.abc import Sequence

import pytest

from sluice.bus.record import Record
from sluice.bus.topics import Topic
from sluice.cli import trace_log
from sluice.cli.trace_log import decision_spans, from_log
from sluice.cli.trace_tree import build_tree
from sluice.errors import RetryableError
from sluice.ids import partition_for
from sluice.settings import KafkaSettings
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Action, Decision, Input, Reason
from sluice.v1.request_pb2 import Lane, Stage
from sluice.v1.verdict_pb2 import ContentResult, Status
from tests.trace_samples import REQUEST_ID, TRACE_ID

MS = 1_000_000
T = 1_790_000_000_000
KAFKA = KafkaSettings({"bootstrap.servers": "broker:9092"})
OWN = "4bf92f3577b34da6a3ce929d0e0e4736"


def heard(
    check: str, received: int, started: int, finished: int, appended: int, status: int = Status.STATUS_OK
) -> Input:
    return Input(
        check=check,
        received_at_ms=T + received,
        started_at_ms=T + started,
        finished_at_ms=T + finished,
        appended_at_ms=T + appended,
        results=[ContentResult(content_id="c0", status=Status.ValueType(status))],
    )


def decision(*inputs: Input, lane: int = Lane.LANE_INTERACTIVE) -> Decision:
    return Decision(
        request_id=REQUEST_ID,
        stage=Stage.STAGE_OUTPUT,
        lane=Lane.ValueType(lane),
        action=Action.ACTION_ALLOW,
        complete=True,
        reasons=[Reason(rule="some-rule")],
        inputs=inputs,
        requested_at_ms=T,
        prepared_at_ms=T + 20,
        decided_at_ms=T + 300,
    )


CHECKS = (heard("text", 21, 21, 30, 31), heard("image", 22, 140, 290, 295))


def test_a_decision_tells_the_whole_tree() -> None:
    tree = build_tree(list(decision_spans(TRACE_ID, decision(*CHECKS), T + 302, T + 400)), REQUEST_ID)
    assert [
        (row.depth, row.span.service, row.span.name, (row.span.start_ns // MS - T, row.span.end_ns // MS - T))
        for row in tree.rows
    ] == [
        (0, "", "request", (0, 0)),
        (1, "ingest", "process moderation.requests", (0, 20)),
        (2, "text", "process moderation.contents", (21, 30)),
        (2, "image", "process moderation.contents", (22, 290)),
        (3, "image", "wait", (22, 140)),
        (2, "orchestrator", "decide", (295, 300)),
        (3, "orchestrator", "send moderation.decisions", (300, 302)),
        (3, "c2pa-signer", "sign", (302, 400)),
    ]
    assert tree.decision is not None
    assert tree.decision.attributes == {
        "sluice.request_id": REQUEST_ID,
        "sluice.synthesised": True,
        "sluice.action": "ALLOW",
        "sluice.complete": True,
        "sluice.stage": "OUTPUT",
        "sluice.rule": "some-rule",
    }
    assert tree.whole
    assert all(row.span.synthesised and row.span.trace_id == TRACE_ID for row in tree.rows)
    assert [row.span.service for row in tree.rows if not row.critical] == ["text", "orchestrator"]


def test_the_bulk_lane_has_topics_of_its_own() -> None:
    names = {span.name for span in decision_spans(TRACE_ID, decision(CHECKS[0], lane=Lane.LANE_BULK), T + 302)}
    assert {"process moderation.requests.bulk", "process moderation.contents.bulk"} <= names


@pytest.mark.parametrize(
    ("status", "error"),
    [(Status.STATUS_TIMEOUT, "TIMEOUT"), (Status.STATUS_ERROR, "ERROR"), (77, "77"), (0, "ERROR")],
)
def test_a_check_that_failed_says_how(status: int, error: str) -> None:
    spans = list(decision_spans(TRACE_ID, decision(heard("text", 21, 21, 30, 31, status)), T + 302))
    assert [span.error for span in spans if span.service == "text"] == [error]


def test_times_that_are_missing_or_out_of_order_make_spans_too() -> None:
    bare = Decision(request_id=REQUEST_ID, inputs=[Input(check="text"), heard("image", 900, 5, 3, 1)])
    for span in decision_spans(TRACE_ID, bare, T):
        assert 0 <= span.start_ns <= span.end_ns
    spans = list(decision_spans(TRACE_ID, bare, T))
    assert len({span.span_id for span in spans}) == len(spans)
    assert [row.span.name for row in build_tree(spans).rows][:2] == ["request", "process moderation.requests"]


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
    log = Log(
        monkeypatch, moderation_decisions=(decision(*CHECKS).SerializeToString(), OWN), assets_signed=(b"", OWN)
    )
    logged = from_log(KAFKA, REQUEST_ID)
    assert logged is not None
    assert (logged.trace_id, logged.decided_at_ms) == (OWN, T + 300)
    assert {span.trace_id for span in logged.spans} == {OWN}
    assert logged.spans[-1].name == "sign"
    # A signed asset is looked for from its decision on, and no further back.
    assert log.asked == [(Topic.DECISIONS, 0), (Topic.SIGNED, T + 302)]


def test_without_a_header_the_trace_is_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = decision(*CHECKS)
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

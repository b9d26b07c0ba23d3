"""The ring of traces: bounds, the oldest goes first and whole, and a span twice is one span."""

from itertools import count

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from sluice.local import collector_ring
from sluice.local.collector_ring import MOST_RESOURCE_BYTES, MOST_SPAN_BYTES, SPAN_COST, Ring
from tests.trace_samples import wire


def trace(number: int) -> bytes:
    return number.to_bytes(16)


def span(number: int) -> bytes:
    return number.to_bytes(8)


def names(found: TracesData | None) -> list[str]:
    assert found is not None
    return [each.name for group in found.resource_spans for scope in group.scope_spans for each in scope.spans]


def test_a_trace_is_handed_out_under_the_resources_that_sent_it() -> None:
    ring = Ring()
    for number, (name, service) in enumerate([("a", "x"), ("b", "y"), ("c", "x")], 1):
        assert ring.take(wire(trace(1), span(number), name, service)) == 0
    found = ring.find(trace(1))
    assert found is not None
    groups = {
        group.resource.attributes[0].value.string_value: [each.name for each in group.scope_spans[0].spans]
        for group in found.resource_spans
    }
    assert groups == {"x": ["a", "c"], "y": ["b"]}
    assert ring.find(trace(2)) is None


def test_a_span_that_comes_twice_is_one_span() -> None:
    ring = Ring()
    ring.take(wire(trace(1), span(1), "first"))
    cost = ring.cost
    ring.take(wire(trace(1), span(1), "again"))
    assert names(ring.find(trace(1))) == ["again"]
    assert ring.cost == cost


@pytest.mark.parametrize("order", [(False, True), (True, False)])
def test_what_was_done_stays_over_what_was_made_up(order: tuple[bool, bool]) -> None:
    ring = Ring()
    for synthesised in order:
        told = "made up" if synthesised else "done"
        assert ring.take(wire(trace(1), span(1), told, synthesised=synthesised)) == 0
    assert names(ring.find(trace(1))) == ["done"]


def test_the_oldest_traces_go_whole_when_there_are_too_many() -> None:
    ring = Ring(most_traces=3)
    for number in range(1, 6):
        ring.take(wire(trace(number), span(1)))
        ring.take(wire(trace(number), span(2)))
    kept = [each.trace_id for each in ring.newest(10)]
    assert kept == [trace(number).hex() for number in (5, 4, 3)]
    assert ring.find(trace(2)) is None
    assert [each.spans for each in ring.newest(2)] == [2, 2]


def test_the_oldest_traces_go_when_they_take_too_much() -> None:
    ring = Ring(most_bytes=100_000)
    for number in range(1, 200):
        ring.take(wire(trace(number), span(1), "x" * 5_000))
        assert ring.cost <= 100_000
    kept = ring.newest(1000)
    assert 10 < len(kept) < 20
    assert kept[0].trace_id == trace(199).hex()


def test_cost_is_given_back_to_the_last_byte() -> None:
    ring = Ring(most_traces=1)
    ring.take(wire(trace(1), span(1)))
    cost = ring.cost
    for number in range(2, 50):
        for inner in range(1, 5):
            ring.take(wire(trace(number), span(inner), "x" * number, f"service {inner}"))
    ring.take(wire(trace(99), span(1)))
    assert ring.cost == cost


def test_one_trace_cannot_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_ring, "MOST_TRACE_BYTES", 50_000)
    ring = Ring()
    refused = sum(ring.take(wire(trace(1), span(number), "x" * 1000)) for number in range(1, 1000))
    assert refused == 999 - len(names(ring.find(trace(1)))) > 900
    assert ring.cost <= 50_000
    # What is there can still be told again, and others have room.
    assert ring.take(wire(trace(1), span(1), "y" * 1000)) == 0
    assert ring.take(wire(trace(2), span(1))) == 0


def test_a_trace_has_a_most_of_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_ring, "MOST_SPANS", 3)
    ring = Ring()
    assert [ring.take(wire(trace(1), span(number))) for number in range(1, 6)] == [0, 0, 0, 1, 1]


def test_small_spans_are_charged_for_what_holds_them() -> None:
    ring = Ring(most_bytes=100 * SPAN_COST)
    for number in range(1, 1000):
        ring.take(wire(trace(number), span(1), ""))
    assert len(ring.newest(1000)) < 100


@pytest.mark.parametrize(
    ("trace_id", "span_id", "name", "service"),
    [
        (b"", span(1), "a", "s"),
        (bytes(16), span(1), "a", "s"),
        (b"\1" * 15, span(1), "a", "s"),
        (b"\1" * 1000, span(1), "a", "s"),
        (trace(1), b"", "a", "s"),
        (trace(1), bytes(8), "a", "s"),
        (trace(1), span(1), "a" * MOST_SPAN_BYTES, "s"),
        (trace(1), span(1), "a", "s" * MOST_RESOURCE_BYTES),
    ],
)
def test_what_is_malformed_or_too_large_is_refused(trace_id: bytes, span_id: bytes, name: str, service: str) -> None:
    ring = Ring()
    assert ring.take(wire(trace_id, span_id, name, service)) == 1
    assert ring.newest(10) == []
    assert ring.cost == 0


def test_refused_spans_take_nobody_along() -> None:
    ring = Ring()
    told = wire(trace(1), span(1), "good")
    told.resource_spans[0].scope_spans[0].spans.append(Span(trace_id=b"short", span_id=span(2)))
    assert ring.take(told) == 1
    assert names(ring.find(trace(1))) == ["good"]


def test_it_is_told_since_when_a_trace_is_there() -> None:
    clock = count(1000)
    ring = Ring(clock=lambda: next(clock))
    ring.take(wire(trace(1), span(1)))
    ring.take(wire(trace(1), span(2)))
    ring.take(wire(trace(2), span(1)))
    assert [each.since_ms for each in ring.newest(2)] == [1_001_000, 1_000_000]

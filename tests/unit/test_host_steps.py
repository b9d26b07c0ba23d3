"""Parts of a handler's work: below its hop, or nowhere."""

import pytest

from sluice.bus.record import Record
from sluice.errors import RetryableError
from sluice.host.hops import Hops
from sluice.host.steps import Step
from sluice.telemetry.hops import Place, hop_of
from sluice.telemetry.spans import KeptSpans, Kind
from sluice.telemetry.trace_context import TraceContext, child, headers_of, of_request
from tests.unit.build import REQUEST_ID

ABOVE = of_request(REQUEST_ID)
PLACE = Place("sluice-test", "moderation.requests", 3, 17)
HOP = hop_of(ABOVE, PLACE)


def record(above: TraceContext) -> Record:
    return Record(PLACE.topic, PLACE.partition, PLACE.offset, b"key", b"value", 1000, headers_of(above))


def test_a_step_is_below_the_hop_with_what_the_work_added() -> None:
    spans = KeptSpans()
    with Hops(PLACE.group, spans).begin(record(ABOVE)):
        with Step(spans, "decode", "c0", {"sluice.content_id": "c0"}) as told:
            told["sluice.reason"] = "TRUNCATED"
        with Step(spans, "record"):
            pass
    first, second = spans.told
    assert (first.name, first.context, first.parent) == ("decode", child(HOP, "decode", "c0"), HOP.span_id)
    assert first.attributes == {"sluice.content_id": "c0", "sluice.reason": "TRUNCATED"}
    assert (first.kind, first.error, first.start_ns <= first.end_ns <= second.start_ns) == (Kind.INTERNAL, "", True)
    assert (second.context, second.attributes) == (child(HOP, "record"), {})


@pytest.mark.parametrize(
    ("error", "word"),
    [(RetryableError("the picture says so"), "RetryableError"), (type("Not a word", (Exception,), {})(), "OTHER")],
)
def test_what_leaves_a_step_is_told_by_its_class_and_goes_on(error: Exception, word: str) -> None:
    spans = KeptSpans()
    with (
        Hops(PLACE.group, spans).begin(record(ABOVE)),
        pytest.raises(type(error)),
        Step(spans, "decode", "c0"),
    ):
        raise error
    assert [span.error for span in spans.told] == [word]


def test_where_the_hop_is_not_told_its_parts_are_not() -> None:
    spans = KeptSpans()
    with Step(spans, "decode", "c0"):
        pass
    with (
        Hops(PLACE.group, spans).begin(record(of_request(REQUEST_ID, sampled=False))),
        Step(spans, "decode", "c0"),
    ):
        pass
    assert spans.told == []

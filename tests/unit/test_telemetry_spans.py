"""What a span may hold, and where it goes."""

import pytest

from sluice.telemetry.attributes import SPAN_ATTRIBUTES
from sluice.telemetry.spans import KeptSpans, Kind, NoSpans, Span, Spans
from sluice.telemetry.trace_context import of_request
from tests.unit.build import REQUEST_ID


def span(**attributes: str) -> Span:
    return Span("decide", of_request(REQUEST_ID), "", Kind.INTERNAL, 1, 2, attributes)


def test_an_attribute_that_is_not_on_the_list_is_refused() -> None:
    assert span(**{"sluice.action": "BLOCK"}).attributes == {"sluice.action": "BLOCK"}
    for name in ("prompt", "sluice.text", "sluice.tenant", "sluice.subject", "enduser.id"):
        with pytest.raises(ValueError, match=name):
            span(**{name: "x"})


def test_no_attribute_is_made_for_content() -> None:
    words = {word for name in SPAN_ATTRIBUTES for word in name.replace("_", ".").split(".")}
    assert not words & {"text", "prompt", "account", "subject", "tenant", "uri", "url", "user", "pixels", "detail"}


@pytest.mark.parametrize("error", ["the prompt said so", "KeyError: 'x'", "a" * 65, "no\nnewline", "MALFORMED\n"])
def test_an_error_is_one_word(error: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        Span("decide", of_request(REQUEST_ID), "", Kind.INTERNAL, 1, 2, error=error)


def test_spans_are_kept_in_order_or_forgotten() -> None:
    kept: Spans = KeptSpans()
    nobody: Spans = NoSpans()
    for found in (kept, nobody):
        found.emit(span())
        found.emit(span(**{"sluice.stage": "PROMPT"}))
        found.close()
    assert (kept.on, nobody.on) == (True, False)
    assert isinstance(kept, KeptSpans)
    assert [one.attributes for one in kept.told] == [{}, {"sluice.stage": "PROMPT"}]


def test_what_finds_no_room_is_dropped_and_nobody_counts_for_nobody() -> None:
    kept = KeptSpans(most=1)
    assert kept.room == 1
    for _ in range(3):
        kept.emit(span())
    kept.lost(4)
    assert (len(kept.told), kept.room, kept.dropped) == (1, 0, 6)
    nobody = NoSpans()
    nobody.lost(4)
    assert nobody.room == 0

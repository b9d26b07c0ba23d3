"""The hop of a record, as whoever tells it makes it."""

from dataclasses import replace

from sluice.telemetry.hops import Place, hop_of, hop_span
from sluice.telemetry.trace_context import child, of_request
from tests.unit.build import OTHER_ID, REQUEST_ID

ROOT = of_request(REQUEST_ID)
PLACE = Place("sluice-image", "moderation.contents.bulk", 3, 17)


def test_who_knows_the_place_knows_the_hop_whatever_came_before_it() -> None:
    assert hop_of(ROOT, PLACE) == hop_of(child(ROOT, "another parent"), PLACE)
    unsampled = replace(ROOT, sampled=False, state="a=1")
    assert hop_of(unsampled, PLACE) == replace(hop_of(ROOT, PLACE), sampled=False, state="a=1")
    assert hop_of(of_request(OTHER_ID), PLACE).span_id != hop_of(ROOT, PLACE).span_id


def test_what_is_added_stands_beside_where_it_was() -> None:
    span = hop_span(
        hop_of(ROOT, PLACE), ROOT.span_id, PLACE, (1000, 2000), {"sluice.synthesised": True}, error="TIMEOUT"
    )
    assert (span.name, span.start_ns, span.end_ns, span.error) == (
        "process moderation.contents.bulk",
        1000,
        2000,
        "TIMEOUT",
    )
    assert span.attributes["sluice.synthesised"] is True
    assert span.attributes["messaging.consumer.group.name"] == "sluice-image"
    assert span.attributes["messaging.destination.partition.id"] == "3"

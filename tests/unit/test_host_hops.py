"""The hop of a record: who is told of it, what carries it on, and what is left as it came."""

from collections.abc import Sequence

import pytest

from sluice.bus.record import Outgoing, Record
from sluice.host.hops import DEAD_LETTER, DONE, NOTHING, Hops, hop_in_hand
from sluice.telemetry.hops import Place, hop_of
from sluice.telemetry.spans import KeptSpans, Kind
from sluice.telemetry.trace_context import Headers, TraceContext, child, headers_of, of_request, parse
from tests.unit.build import OTHER_ID, REQUEST_ID

ABOVE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True, state="vendor=1")
UNTOLD = TraceContext(ABOVE.trace_id, ABOVE.span_id, sampled=False)
PLACE = Place("sluice-test", "moderation.contents", 3, 17)
OWN = hop_of(ABOVE, PLACE)
BAD: Headers = (("traceparent", b"00-1-1-01"),)


def record(headers: Headers, key: bytes = REQUEST_ID.encode()) -> Record:
    return Record(PLACE.topic, PLACE.partition, PLACE.offset, key, b"value", 1000, headers)


def outgoing(headers: Headers) -> Outgoing:
    return Outgoing("moderation.verdicts", 3, REQUEST_ID.encode(), b"out", headers)


def settle(
    spans: KeptSpans | None, found: Record, gave: Sequence[Outgoing], outcome: str = DONE
) -> Sequence[Outgoing]:
    """What leaves when a handler gave this."""
    handling = Hops(PLACE.group, spans, {"sluice.check": "test"}).begin(found)
    with handling:
        pass
    caused = handling.caused(gave)
    handling.tell(outcome)
    return caused


def test_the_hop_is_told_and_is_the_parent_of_what_it_caused() -> None:
    spans = KeptSpans()
    found = record((*headers_of(ABOVE), ("x", b"y")))
    (caused,) = settle(spans, found, [outgoing(found.trace())])
    assert caused == outgoing(headers_of(OWN))
    (span,) = spans.told
    assert (span.name, span.context, span.parent, span.kind) == (
        "process moderation.contents",
        OWN,
        ABOVE.span_id,
        Kind.CONSUMER,
    )
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": "moderation.contents",
        "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 17,
        "messaging.consumer.group.name": "sluice-test",
        "sluice.check": "test",
        "sluice.outcome": "done",
        "sluice.request_id": REQUEST_ID,
    }
    assert span.start_ns <= span.end_ns
    assert (span.links, span.error) == ((), "")


def test_a_redelivered_record_has_the_same_hop_and_another_record_has_not() -> None:
    spans = KeptSpans()
    for _ in range(2):
        settle(spans, record(headers_of(ABOVE)), (), NOTHING)
    assert [span.context for span in spans.told] == [OWN, OWN]
    others = [
        Place("sluice-else", PLACE.topic, 3, 17),
        Place(PLACE.group, "moderation.contents.bulk", 3, 17),
        Place(PLACE.group, PLACE.topic, 4, 17),
        Place(PLACE.group, PLACE.topic, 3, 18),
    ]
    assert len({hop_of(ABOVE, place).span_id for place in (PLACE, *others)}) == 5


def test_what_a_handler_gave_a_context_of_its_own_keeps_it() -> None:
    signing, another = child(OWN, "sign"), of_request(OTHER_ID)
    gave = [outgoing(headers_of(signing)), outgoing(headers_of(another)), outgoing(()), outgoing(headers_of(ABOVE))]
    caused = settle(KeptSpans(), record(headers_of(ABOVE)), gave)
    assert list(caused) == [*gave[:3], outgoing(headers_of(OWN))]


@pytest.mark.parametrize("headers", [headers_of(UNTOLD), ((("traceparent", b"cc-" + b"0" * 33), *BAD))])
def test_what_is_not_sampled_or_is_malformed_passes_as_it_came(headers: Headers) -> None:
    spans = KeptSpans()
    gave = [outgoing(headers)]
    assert list(settle(spans, record(headers), gave)) == gave
    assert spans.told == []


def test_where_nobody_is_told_everything_passes_as_it_came() -> None:
    gave = [outgoing(headers_of(ABOVE))]
    assert list(settle(None, record(headers_of(ABOVE)), gave)) == gave
    handling = Hops().begin(record(headers_of(ABOVE)))
    assert handling.buried(gave[0]) == gave[0]
    with handling:
        assert hop_in_hand().context is None


@pytest.mark.parametrize("headers", [(), BAD], ids=["none", "malformed"])
def test_of_a_record_without_context_what_it_caused_says_the_trace(headers: Headers) -> None:
    spans, root = KeptSpans(), of_request(REQUEST_ID)
    (caused,) = settle(spans, record(headers, b"a stranger's key"), [outgoing(headers_of(root))])
    (span,) = spans.told
    assert parse(caused.headers) == span.context == hop_of(root, PLACE)
    assert span.parent == root.span_id
    assert "sluice.request_id" not in span.attributes


def test_a_handler_that_knows_the_trace_of_a_record_without_one_knows_its_hop() -> None:
    spans, root = KeptSpans(), of_request(REQUEST_ID)
    handling = Hops(PLACE.group, spans).begin(record(()))
    with handling:
        hop = hop_in_hand()
        assert hop.context is None
        assert hop.place is not None
        known = hop_of(root, hop.place)
    handling.caused([outgoing(headers_of(root))])
    handling.tell(DONE)
    assert spans.told[0].context == known
    with Hops(PLACE.group, spans).begin(record(headers_of(UNTOLD))):
        assert hop_in_hand().place is None


def test_of_a_record_without_context_nothing_is_told_unless_what_it_caused_is() -> None:
    spans = KeptSpans()
    for gave in ((), (outgoing(()),), (outgoing(headers_of(of_request(REQUEST_ID, sampled=False))),)):
        assert list(settle(spans, record(()), gave)) == list(gave)
    assert spans.told == []


@pytest.mark.parametrize("above", [ABOVE, UNTOLD], ids=["sampled", "not"])
def test_a_dead_letter_is_told_in_any_case(above: TraceContext) -> None:
    spans = KeptSpans()
    handling = Hops(PLACE.group, spans).begin(record(headers_of(above)))
    letter = handling.buried(outgoing(headers_of(above)))
    handling.tell(DEAD_LETTER, "MALFORMED")
    (span,) = spans.told
    assert (span.context, span.parent, span.error) == (hop_of(above, PLACE), above.span_id, "MALFORMED")
    assert span.attributes["sluice.outcome"] == "dead_letter"
    assert parse(letter.headers) == span.context


@pytest.mark.parametrize("key", [REQUEST_ID.encode(), b"a stranger's key", b"", b"\xff"])
def test_a_dead_letter_without_context_has_a_trace_of_its_own(key: bytes) -> None:
    spans = KeptSpans()
    for _ in range(2):
        handling = Hops(PLACE.group, spans).begin(record((), key))
        letter = handling.buried(outgoing(()))
        handling.tell(DEAD_LETTER, "MALFORMED")
    assert spans.told[0].context == spans.told[1].context == parse(letter.headers)
    assert spans.told[0].parent == ""
    by_key = spans.told[0].context.trace_id == of_request(REQUEST_ID).trace_id
    assert by_key == (key == REQUEST_ID.encode())


def test_what_was_sent_is_told_below_the_hop() -> None:
    spans = KeptSpans()
    handling = Hops(PLACE.group, spans).begin(record(headers_of(ABOVE)))
    handling.sent((), 1000)
    handling.sent([outgoing(()), outgoing(())], 1000)
    (span,) = spans.told
    assert (span.name, span.parent, span.kind, span.start_ns) == (
        "send moderation.verdicts",
        OWN.span_id,
        Kind.PRODUCER,
        1000,
    )
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": "moderation.verdicts",
        "messaging.batch.message_count": 2,
    }
    Hops(PLACE.group, spans).begin(record(headers_of(UNTOLD))).sent([outgoing(())], 1000)
    assert len(spans.told) == 1


def test_a_handler_adds_to_its_hop_and_each_attempt_begins_anew() -> None:
    spans = KeptSpans()
    handling = Hops(PLACE.group, spans).begin(record(headers_of(ABOVE)))
    for status in ("TIMEOUT", ""):
        with handling:
            hop = hop_in_hand()
            assert (hop.context, hop.place) == (OWN, PLACE)
            assert (hop.attributes, hop.error) == ({}, "")
            hop.attributes["sluice.contents"] = 2
            hop.error = status
    assert hop_in_hand().context is None
    handling.tell(DONE)
    (span,) = spans.told
    assert (span.attributes["sluice.contents"], span.attributes["sluice.attempts"], span.error) == (2, 2, "")


def test_a_kind_that_is_no_word_is_told_as_another() -> None:
    spans = KeptSpans()
    for kind in ("KeyError", "Fehlerü", "a prompt that must not be seen", "E" * 65):
        Hops(PLACE.group, spans).begin(record(headers_of(ABOVE))).tell(DONE, kind)
    assert [span.error for span in spans.told] == ["KeyError", "OTHER", "OTHER", "OTHER"]


def test_outside_of_a_record_what_is_added_is_lost() -> None:
    hop_in_hand().attributes["sluice.contents"] = 1
    assert hop_in_hand().attributes == {}


@pytest.mark.parametrize(
    "parent", [b"rubbish-00", b"01-" + headers_of(ABOVE)[0][1][3:] + b"-00"], ids=["none", "of a version to come"]
)
def test_what_only_ends_as_unsampled_contexts_do_is_read(parent: bytes) -> None:
    spans = KeptSpans()
    settle(spans, record((("traceparent", parent),)), [outgoing(headers_of(ABOVE))])
    (span,) = spans.told
    assert span.context.trace_id == ABOVE.trace_id


@pytest.mark.parametrize(
    ("reason", "said"), [("MALFORMED", ""), ("INVALID_REQUEST_ID", ""), ("TOO_LARGE", REQUEST_ID)]
)
def test_a_key_is_a_requests_id_only_where_there_is_a_request(reason: str, said: str) -> None:
    spans = KeptSpans()
    handling = Hops(PLACE.group, spans).begin(record(()))
    with handling:
        pass
    handling.buried(outgoing(()))
    handling.tell(DEAD_LETTER, reason)
    (span,) = spans.told
    assert span.attributes.get("sluice.request_id", "") == said

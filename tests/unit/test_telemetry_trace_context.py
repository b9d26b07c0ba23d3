"""W3C trace context: what strangers send, what we pass on, and ids that are the same whoever tells them."""

import uuid

import pytest

from sluice.telemetry.trace_context import (
    TraceContext,
    beside,
    child,
    headers_of,
    of_request,
    parse,
    sampled_by_ratio,
    span_id,
    surely_unsampled,
)
from tests.unit.build import OTHER_ID, REQUEST_ID

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01".encode()
NIL = str(uuid.UUID(int=0))


def read(parent: bytes | str, *states: bytes | str) -> TraceContext | None:
    return parse([("traceparent", parent), *(("tracestate", state) for state in states)])


@pytest.mark.parametrize("parent", [GOOD, GOOD.decode()], ids=["kafka", "grpc"])
def test_what_is_read_is_what_is_written(parent: bytes | str) -> None:
    found = read(parent)
    assert found == TraceContext(TRACE, SPAN, sampled=True)
    assert found is not None
    assert headers_of(found) == (("traceparent", GOOD),)


def test_other_headers_are_none_of_ours() -> None:
    assert parse([]) is None
    assert parse([("x-secret", GOOD), ("Traceparent", GOOD), ("tracestate", b"a=1")]) is None
    assert parse([("x", b"\xff"), ("traceparent", GOOD)]) == TraceContext(TRACE, SPAN, sampled=True)


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)]
)
def test_the_last_bit_of_the_flags_says_whether_it_is_told(flags: str, sampled: bool) -> None:
    found = read(f"00-{TRACE}-{SPAN}-{flags}")
    assert found is not None
    assert found.sampled is sampled
    assert headers_of(found)[0][1].endswith(b"-01" if sampled else b"-00")


@pytest.mark.parametrize(
    "parent",
    [
        b"",
        b"00",
        GOOD[:-1],
        GOOD + b"0",
        GOOD + b"-",
        GOOD + b"-more",
        GOOD + b"\n",
        b" " + GOOD,
        GOOD.upper(),
        GOOD.replace(b"-", b"_"),
        b"ff" + GOOD[2:],
        b"0g" + GOOD[2:],
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"00-{TRACE[1:]}-{SPAN}-01".encode(),
        f"00-{TRACE}-{SPAN}0-01".encode(),
        f"00-{TRACE}-{SPAN}-1".encode(),
        b"\xff" * 55,
        "٠" * 55,
        "\ud800" * 55,
    ],
)
def test_what_breaks_the_rules_is_none(parent: bytes | str) -> None:
    assert read(parent) is None


@pytest.mark.parametrize("more", [b"", b"-", b"-what-comes-then"])
def test_versions_to_come_are_read_as_far_as_this_one_goes(more: bytes) -> None:
    assert read(b"cc" + GOOD[2:] + more) == TraceContext(TRACE, SPAN, sampled=True)
    assert read(b"cc" + GOOD[2:] + b"more") is None


def test_several_parents_are_none() -> None:
    assert parse([("traceparent", GOOD), ("traceparent", GOOD)]) is None


def test_the_state_is_passed_on_as_one_list() -> None:
    found = read(GOOD, b"congo=t61, rojo=00f067aa0ba902b7 ", "\ttenant@vendor=a b;c:d,,")
    assert found is not None
    assert found.state == "congo=t61,rojo=00f067aa0ba902b7,tenant@vendor=a b;c:d"
    assert dict(headers_of(found))["tracestate"] == found.state.encode()
    assert parse(headers_of(found)) == found


@pytest.mark.parametrize(
    "states",
    [
        ("Congo=t61",),
        ("congo",),
        ("congo=",),
        ("congo=a=b",),
        ("a=1,b=\u00e9",),
        (b"a=\xff",),
        ("a=1\n",),
        ("a=1", "a=2"),
        ("=1",),
        (",".join(f"k{number}=1" for number in range(33)),),
        (f"a={'x' * 257}",),
        (f"{'a' * 257}=1",),
        (",".join(f"k{number}={'x' * 40}" for number in range(13)),),
    ],
)
def test_a_bad_state_is_dropped_and_the_parent_is_not(states: tuple[bytes | str, ...]) -> None:
    assert read(GOOD, *states) == TraceContext(TRACE, SPAN, sampled=True)


def test_a_state_of_512_characters_is_passed_on_and_a_longer_one_is_not() -> None:
    longest = f"a={'x' * 254},b={'y' * 253}"
    assert len(longest) == 512
    at_limit, beyond = read(GOOD, longest), read(GOOD, longest + "y")
    assert at_limit is not None
    assert beyond is not None
    assert (at_limit.state, beyond.state) == (longest, "")


def test_the_trace_id_is_the_request_id() -> None:
    assert of_request(REQUEST_ID).trace_id == REQUEST_ID.replace("-", "")
    assert of_request(REQUEST_ID) == of_request(REQUEST_ID) != of_request(OTHER_ID)
    assert of_request(REQUEST_ID, sampled=False).sampled is False


def test_the_nil_uuid_has_a_trace_that_may_be_written() -> None:
    assert parse(headers_of(of_request(NIL))) == of_request(NIL)


def test_a_span_id_is_of_what_it_names() -> None:
    found = span_id(TRACE, "sluice-text", "moderation.contents", 3, 17)
    assert found == span_id(TRACE, "sluice-text", "moderation.contents", 3, 17)
    others = {
        span_id(OTHER_ID.replace("-", ""), "sluice-text", "moderation.contents", 3, 17),
        span_id(TRACE, "sluice-image", "moderation.contents", 3, 17),
        span_id(TRACE, "sluice-text", "moderation.contents", 31, 7),
        span_id(TRACE, "sluice-text", "moderation.contents", 3, 17, "batch"),
        span_id(TRACE),
    }
    assert len(others | {found}) == 6
    assert parse(headers_of(TraceContext(TRACE, found, sampled=True))) is not None


def test_a_child_is_of_the_same_trace_and_flag() -> None:
    above = TraceContext(TRACE, SPAN, sampled=False, state="a=1")
    below = TraceContext(TRACE, span_id(TRACE, SPAN, "fetch", 1), sampled=False, state="a=1")
    assert child(above, "fetch", 1) == below
    assert child(below, "fetch", 1) != below
    assert beside(below, "fetch", 1) == beside(above, "fetch", 1)
    assert beside(above, "fetch", 1).span_id == span_id(TRACE, "fetch", 1)


def test_a_ratio_samples_about_as_many_of_any_kind_of_id() -> None:
    for ids in (
        [uuid.uuid5(uuid.NAMESPACE_URL, str(number)).hex for number in range(4000)],
        [f"{number:032x}" for number in range(1, 4001)],
    ):
        assert not any(sampled_by_ratio(one, 0.0) for one in ids)
        assert all(sampled_by_ratio(one, 1.0) for one in ids)
        tenth = {one for one in ids if sampled_by_ratio(one, 0.1)}
        assert 300 < len(tenth) < 500
        assert tenth <= {one for one in ids if sampled_by_ratio(one, 0.2)}


@pytest.mark.parametrize(
    "parents",
    [
        (),
        (GOOD,),
        (b"rubbish-00",),
        (f"01-{TRACE}-{SPAN}-01-00".encode(),),
        (f"01-{TRACE}-{SPAN}-00".encode(),),
        (f"00-{'0' * 32}-{SPAN}-00".encode(),),
        (f"00-{TRACE}-{'0' * 16}-00".encode(),),
        (f"00-{TRACE.upper()}-{SPAN}-00".encode(),),
        (f"00-{TRACE}-{SPAN}-00\n".encode(),),
        (f"00-{TRACE}-{SPAN}-00".encode(), f"00-{TRACE}-{SPAN}-00".encode()),
    ],
)
def test_whatever_else_is_there_is_not_surely_unsampled(parents: tuple[bytes, ...]) -> None:
    assert not surely_unsampled([("traceparent", parent) for parent in parents])


def test_what_is_surely_unsampled_is_read_so() -> None:
    for headers in (
        [("traceparent", f"00-{TRACE}-{SPAN}-00".encode())],
        [("x", b"y"), ("traceparent", f"00-{TRACE}-{SPAN}-00".encode()), ("tracestate", b"a=1")],
    ):
        found = parse(headers)
        assert surely_unsampled(headers)
        assert found is not None
        assert not found.sampled

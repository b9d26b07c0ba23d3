"""Reading a decision: one shape is an allow, and whatever is not exactly that is none."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.client.decision import Decision, read_decision, read_output, read_reference
from sluice.client.outcome import Refused, Stage, Unavailable, Why
from sluice.client.wire import Reply
from tests.unit.client_gateway import decision, reason, signed_asset
from tests.unit.client_talks import PICTURE, REQUEST_ID, about, reply

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ABOUT = about()
OUTPUT = about(Stage.OUTPUT)
GOOD = decision(REQUEST_ID)
ASSET = signed_asset(REQUEST_ID, PICTURE)
GOOD_OUTPUT = decision(REQUEST_ID, "OUTPUT", asset=ASSET)
MEMBERS = st.sampled_from(list(GOOD))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["ALLOW", "BLOCK"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=4),
    max_leaves=6,
)


def read(form: object, status: int = 200) -> Decision | Why:
    return read_decision(reply(form, status), ABOUT)


def ended(form: dict[str, Any]) -> object:
    found = read(form)
    assert isinstance(found, Decision)
    return found.error(ABOUT)


def test_a_whole_allow_is_allowed() -> None:
    label = reason("photoreal-person", action="ALLOW")
    assert ended(GOOD) is None
    assert ended(GOOD | {"labels": ["photoreal-person"], "reasons": [label], "more": {"to": "come"}}) is None


@pytest.mark.parametrize("member", ["request_id", "stage", "action", "allowed", "complete", "reasons", "labels"])
def test_without_a_member_there_is_no_decision(member: str) -> None:
    assert read({name: value for name, value in GOOD.items() if name != member}) is Why.BAD_ANSWER


@pytest.mark.parametrize(
    "change",
    [
        {"request_id": "00000000-0000-4000-8000-000000000000"},
        {"stage": "OUTPUT"},
        {"action": "allow"},
        {"action": "PERMIT"},
        {"action": "BLOCK"},
        {"action": "REVIEW"},
        {"allowed": False},
        {"allowed": "true"},
        {"allowed": 1},
        {"complete": False},
        {"complete": 1},
        {"complete": None},
        {"reasons": [reason("hate", "hate")]},
        {"reasons": [reason("hate", "hate", "REVIEW")]},
        {"reasons": [{"rule": "hate"}]},
        {"reasons": [None]},
        {"reasons": {}},
        {"reasons": None},
        {"labels": "photoreal"},
        {"labels": [1]},
        {"labels": None},
        {"simulated": True},
        {"asset": ASSET},
        {"asset": {}},
    ],
)
def test_what_contradicts_itself_or_is_of_another_kind_is_no_decision(change: dict[str, Any]) -> None:
    assert read(GOOD | change) is Why.BAD_ANSWER


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'"ALLOW"', b"\xff\xfe", b"[" * 100_000, b"true"])
def test_what_is_no_json_object_is_no_decision(body: bytes) -> None:
    assert read_decision(Reply(200, {}, body), ABOUT) is Why.BAD_ANSWER


def test_what_is_pending_is_not_yet_a_decision_even_where_it_says_that_it_allows() -> None:
    assert read(GOOD, 202) is Why.NO_DECISION


def test_a_simulated_answer_counts_where_a_simulator_was_asked_and_nowhere_else() -> None:
    simulated = about(simulated=True)
    assert isinstance(read_decision(reply(GOOD | {"simulated": True}), simulated), Decision)
    assert read_decision(reply(GOOD), simulated) is Why.BAD_ANSWER
    assert read_decision(reply(GOOD | {"simulated": 1}), simulated) is Why.BAD_ANSWER


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Refused),
        ({"complete": False, "reasons": [reason("incomplete")]}, Unavailable),
        ({"complete": False, "reasons": [reason("incomplete"), reason("overloaded")]}, Unavailable),
        ({"complete": False, "reasons": []}, Unavailable),
        ({"complete": False, "reasons": [reason("unprocessable", detail="too_late: 1 ms")]}, Unavailable),
        ({"complete": False, "reasons": [reason("unprocessable", detail="unknown_type")]}, Refused),
        ({"complete": False, "reasons": [reason("known-csam")]}, Refused),
        ({"complete": False, "reasons": [reason("incomplete"), reason("hate", "hate")]}, Refused),
        ({"complete": False, "reasons": [reason("incomplete"), reason("photo", action="ALLOW")]}, Unavailable),
    ],
)
def test_a_decision_about_nothing_but_what_is_missing_is_no_answer(change: dict[str, Any], expected: type) -> None:
    error = ended(decision(REQUEST_ID, action="BLOCK") | change)
    assert isinstance(error, expected)
    if isinstance(error, Unavailable):
        assert error.why is Why.INCOMPLETE


def test_a_refusal_names_the_rules_that_decided() -> None:
    fired = [reason("hate", "hate", "REVIEW"), reason("sexual", "sexual"), reason("photo", action="ALLOW")]
    error = ended(decision(REQUEST_ID, action="BLOCK", reasons=fired))
    assert isinstance(error, Refused)
    assert (error.action, error.rules) == ("BLOCK", ("sexual",))
    held = ended(decision(REQUEST_ID, action="REVIEW", reasons=fired[:1]))
    assert isinstance(held, Refused)
    assert (held.action, held.rules) == ("REVIEW", ("hate",))


def test_an_allowed_picture_is_an_answer_once_it_is_signed() -> None:
    found = read_output(reply(GOOD_OUTPUT), OUTPUT)
    assert isinstance(found, Decision)
    assert found.asset is not None
    assert found.asset.sha256 == ASSET["sha256"]
    assert read_output(reply(GOOD_OUTPUT | {"asset": None}), OUTPUT) is Why.NOT_SIGNED


@pytest.mark.parametrize(
    "change",
    [
        {"id": "00000000-0000-4000-8000-000000000000"},
        {"sha256": ASSET["sha256"].upper()},
        {"sha256": ""},
        {"sha256": 7},
        {"media_type": "text/html"},
        {"media_type": "image/png\r\nX-Other: 1"},
        {"media_type": None},
    ],
)
def test_an_asset_that_is_not_one_is_none(change: dict[str, Any]) -> None:
    assert read_output(reply(GOOD_OUTPUT | {"asset": ASSET | change}), OUTPUT) is Why.BAD_ANSWER


def test_a_refused_picture_has_no_asset() -> None:
    assert read_output(reply(decision(REQUEST_ID, "OUTPUT", "BLOCK", asset=ASSET)), OUTPUT) is Why.BAD_ANSWER


def test_a_reference_is_for_the_bytes_that_were_sent() -> None:
    assert read_reference(reply({"reference": ASSET}), ASSET["sha256"]) == ASSET
    others: list[object] = [{"reference": ASSET | {"sha256": "0" * 64}}, {"reference": None}, {}, []]
    for form in others:
        assert read_reference(reply(form), ASSET["sha256"]) is Why.BAD_ANSWER


def is_allow(form: Any) -> bool:
    """The same question, asked in the plainest words."""
    if not isinstance(form, dict) or form.get("simulated") is True:
        return False
    wanted = {"request_id": REQUEST_ID, "stage": "PROMPT", "action": "ALLOW"}
    said = all(form.get(name) == value for name, value in wanted.items())
    fired = form.get("reasons")
    fired = fired if isinstance(fired, list) else [None]
    harmless = all(isinstance(one, dict) and one.get("action") == "ALLOW" for one in fired)
    return said and form.get("allowed") is True and form.get("complete") is True and harmless


@untimed
@given(st.dictionaries(MEMBERS, JSON, max_size=3), st.sets(MEMBERS, max_size=2))
def test_no_answer_is_read_as_an_allow_that_is_none(changes: dict[str, Any], without: set[str]) -> None:
    form = {name: value for name, value in (GOOD | changes).items() if name not in without}
    found = read(form)
    if isinstance(found, Decision) and found.error(ABOUT) is None:
        assert is_allow(json.loads(json.dumps(form)))


@untimed
@given(JSON)
def test_no_json_at_all_is_read_as_an_allow(form: Any) -> None:
    found = read(form)
    assert not isinstance(found, Decision) or found.error(ABOUT) is not None or is_allow(form)


@untimed
@given(st.binary(max_size=200), st.integers(200, 299))
def test_no_bytes_at_all_are_read_as_an_allow(body: bytes, status: int) -> None:
    assert isinstance(read_decision(Reply(status, {}, body), ABOUT), Why)

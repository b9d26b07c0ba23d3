"""A report holds what a stranger wrote, in bounds, whatever shape it has."""

import json
from typing import Any

import pytest

from sluice.c2pa_sdk import SIGNERS
from sluice.credentials.report import MOST_CHARACTERS, MOST_ITEMS, Action, IngredientSeen, Report, report_of
from sluice.provenance import State, judge

LABEL = "urn:c2pa:1"


def store(assertions: dict[str, Any], **about: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the SDK finds: in detail, and in short. The signer vouches for all but `passed`."""
    created = [{"url": f"self#jumbf=c2pa.assertions/{label}"} for label in assertions if label != "passed"]
    claim = {"created_assertions": created, "gathered_assertions": [{"url": "self#jumbf=c2pa.assertions/passed"}]}
    success = [
        {"code": "timeStamp.trusted"},
        {"code": "signingCredential.trusted", "explanation": f"found in [{SIGNERS}] trust anchors"},
    ]
    detailed = {
        "active_manifest": LABEL,
        "manifests": {LABEL: {"claim": claim, "assertion_store": assertions}},
        "validation_state": "Trusted",
        "validation_results": {"activeManifest": {"success": success, "failure": []}},
    }
    return detailed, {"manifests": {LABEL: about}}


def report(assertions: dict[str, Any], **about: Any) -> Report:
    found = store(assertions, **about)
    return report_of(judge(*found), *found)


def test_a_report_crosses_a_pipe() -> None:
    actions = [
        {"action": "c2pa.created", "digitalSourceType": "http://x/y", "softwareAgent": {"name": "a"}, "when": "w"}
    ]
    found = report(
        {
            "c2pa.actions.v2": {"actions": actions},
            "c2pa.soft-binding": {"alg": "one", "blocks": [{"value": "v"}]},
            "c2pa.soft-binding__1": {"alg": "two", "blocks": [{"value": "w"}, {"value": "x"}]},
            "io.sluice.decision": {"request_id": "r"},
        },
        signature_info={"issuer": "i", "common_name": "n", "alg": "Es256", "time": "2026-01-01T00:00:00Z"},
        claim_generator_info=[{"name": "g", "version": "1"}, {"name": "h"}],
        ingredients=[{"title": "t", "format": "image/png", "relationship": "inputTo"}],
    )
    assert found == Report(
        state=State.TRUSTED,
        label=LABEL,
        issuer="i",
        signer="n",
        algorithm="es256",
        generator="g 1, h",
        stamped_at="2026-01-01T00:00:00Z",
        stamp_trusted=True,
        decision={"request_id": "r"},
        actions=(Action("c2pa.created", "y", "a", "w"),),
        ingredients=(IngredientSeen("t", "image/png", "inputTo", State.NONE),),
        soft_bindings=(("one", "v"), ("two", "w"), ("two", "x")),
        gathered=("passed",),
    )
    assert Report.of_json(json.loads(json.dumps(found.as_json()))) == found


def test_what_the_signer_does_not_vouch_for_is_not_told() -> None:
    found = report({"passed": {"actions": [{"action": "c2pa.created"}]}})
    assert (found.actions, found.soft_bindings, found.decision) == ((), (), {})


@pytest.mark.parametrize(
    ("success", "failure", "state"),
    [
        (["signingCredential.trusted"], [], State.TRUSTED),
        ([], ["signingCredential.untrusted"], State.VALID),
        ([], ["signingCredential.untrusted", "assertion.dataHash.mismatch"], State.INVALID),
        (["signingCredential.trusted"], ["assertion.dataHash.mismatch"], State.INVALID),
    ],
)
def test_the_state_of_an_ingredient_is_what_its_results_add_up_to(
    success: list[str], failure: list[str], state: State
) -> None:
    results = {"success": [{"code": code} for code in success], "failure": [{"code": code} for code in failure]}
    (found,) = report({}, ingredients=[{"validation_results": {"activeManifest": results}}]).ingredients
    assert (found.state, found.failures) == (state, tuple(failure))


@pytest.mark.parametrize(
    "odd", [None, 1, "text", [], {}, [1], [[]], {"actions": 1}, {"actions": [1]}, {"blocks": {}}]
)
def test_odd_shapes_are_left_out(odd: object) -> None:
    found = report(
        {"c2pa.actions": odd, "c2pa.soft-binding": odd, "io.sluice.decision": odd},
        signature_info={"issuer": odd, "alg": odd},
        claim_generator_info=odd,
        ingredients=odd if isinstance(odd, list) and not odd else [],
    )
    assert (found.state, found.actions, found.soft_bindings) == (State.TRUSTED, (), ())


def test_much_is_cut() -> None:
    many = {"actions": [{"action": "a" * 10_000}] * 1000}
    found = report({"c2pa.actions": many, "c2pa.actions.v2": many})
    assert found.actions == (Action("a" * MOST_CHARACTERS),) * MOST_ITEMS


@pytest.mark.parametrize(
    "change", [{"state": "splendid"}, {"actions": 1}, {"actions": [{"x": "y"}]}, {"decision": 1}]
)
def test_a_form_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no report|not a valid State"):
        Report.of_json({**Report(State.NONE).as_json(), **change})
    with pytest.raises(ValueError, match="no report"):
        Report.of_json({})

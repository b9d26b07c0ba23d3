"""What a manifest says, before anybody signs it."""

from dataclasses import replace
from typing import Any

import pytest

from c2pa_signer.manifest import EDITED, GENERATED, Ingredient, Part, Plan, plan
from c2pa_signer.settings import Mining
from tests.unit.signing import FACTS

EDIT = replace(FACTS, edit=True)
SOURCE = Ingredient(Part.SOURCE, "image/jpeg", b"the picture with its credentials")
UPLOAD = Ingredient(Part.UPLOAD, "image/png")
SIGNED_UPLOAD = Ingredient(Part.UPLOAD, "image/png", b"an upload with its credentials")


def assertions(made: Plan) -> dict[str, Any]:
    return {assertion["label"]: assertion["data"] for assertion in made.manifest["assertions"]}


def actions(made: Plan) -> list[tuple[str, list[str], str]]:
    """Name, ingredients and digital source type of each action."""
    return [
        (each["action"], each.get("parameters", {}).get("ingredientIds", []), each.get("digitalSourceType", ""))
        for each in assertions(made)["c2pa.actions.v2"]["actions"]
    ]


def relationships(made: Plan) -> list[tuple[str, str]]:
    return [(about["label"], about["relationship"]) for about, _ in made.ingredients]


def test_a_generated_picture_was_created_by_a_model() -> None:
    made = plan(FACTS, "image/jpeg")
    assert actions(made) == [("c2pa.created", [], GENERATED)]
    assert made.ingredients == ()
    assert made.manifest["format"] == "image/jpeg"
    assert made.manifest["claim_generator_info"] == [{"name": "Sluice", "version": "0.0.test"}]


@pytest.mark.parametrize(
    ("edit", "ingredients", "expected_actions", "expected_relationships"),
    [
        (False, [SOURCE], [("c2pa.opened", ["source"], GENERATED)], [("source", "parentOf")]),
        (
            True,
            [UPLOAD],
            [("c2pa.opened", ["upload-1"], ""), ("c2pa.edited", [], EDITED)],
            [("upload-1", "parentOf")],
        ),
        (
            True,
            [UPLOAD, SIGNED_UPLOAD, UPLOAD],
            [
                ("c2pa.opened", ["upload-1"], ""),
                ("c2pa.placed", ["upload-2", "upload-3"], ""),
                ("c2pa.edited", [], EDITED),
            ],
            [("upload-1", "parentOf"), ("upload-2", "componentOf"), ("upload-3", "componentOf")],
        ),
        (
            True,
            [UPLOAD, SIGNED_UPLOAD, SOURCE],
            [("c2pa.opened", ["source"], ""), ("c2pa.edited", ["upload-1", "upload-2"], EDITED)],
            [("source", "parentOf"), ("upload-1", "inputTo"), ("upload-2", "inputTo")],
        ),
        (True, [SOURCE], [("c2pa.opened", ["source"], ""), ("c2pa.edited", [], EDITED)], [("source", "parentOf")]),
        (True, [], [("c2pa.created", [], EDITED)], []),
    ],
)
def test_how_the_picture_came_to_be(
    edit: bool,
    ingredients: list[Ingredient],
    expected_actions: list[tuple[str, list[str], str]],
    expected_relationships: list[tuple[str, str]],
) -> None:
    made = plan(replace(FACTS, edit=edit), "image/jpeg", ingredients)
    assert actions(made) == expected_actions
    assert relationships(made) == expected_relationships


def test_ingredients_without_credentials_are_only_named() -> None:
    made = plan(EDIT, "image/jpeg", [UPLOAD, SIGNED_UPLOAD])
    assert [about["title"] for about in made.manifest["ingredients"]] == ["upload 1"]
    assert [(about["title"], ingredient.data) for about, ingredient in made.ingredients] == [
        ("upload 1", None),
        ("upload 2", SIGNED_UPLOAD.data),
    ]


def test_the_decision_is_named_by_ids_and_digests_alone() -> None:
    assert assertions(plan(FACTS, "image/jpeg"))["io.sluice.decision"] == {
        "request_id": FACTS.request_id,
        "action": "ALLOW",
        "policy_digest": "70" * 32,
        "content_digest": "63" * 32,
    }


def test_the_soft_binding_is_the_hash_of_the_picture() -> None:
    assert assertions(plan(FACTS, "image/jpeg"))["c2pa.soft-binding"] == {
        "alg": "io.sluice.pdq.1",
        "blocks": [{"scope": {}, "value": "71" * 32}],
    }


@pytest.mark.parametrize("facts", [replace(FACTS, pdq_quality=49), replace(FACTS, pdq=b"")])
def test_a_hash_that_says_too_little_is_no_binding(facts: Any) -> None:
    assert "c2pa.soft-binding" not in assertions(plan(facts, "image/jpeg"))


def test_training_is_mentioned_only_when_the_operator_says_so() -> None:
    assert "cawg.training-mining" not in assertions(plan(FACTS, "image/jpeg"))
    said = assertions(plan(replace(FACTS, mining=Mining.NOT_ALLOWED), "image/jpeg"))["cawg.training-mining"]
    assert set(said["entries"]) == {
        "cawg.ai_generative_training",
        "cawg.ai_training",
        "cawg.ai_inference",
        "cawg.data_mining",
    }
    assert all(entry == {"use": "notAllowed"} for entry in said["entries"].values())


def test_the_signer_vouches_for_every_assertion() -> None:
    made = plan(replace(EDIT, mining=Mining.ALLOWED), "image/jpeg", [UPLOAD])
    assert all(assertion["created"] is True for assertion in made.manifest["assertions"])
    assert len(made.manifest["assertions"]) == 4


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="uploads only for an edit"):
        plan(FACTS, "image/jpeg", [UPLOAD])
    with pytest.raises(ValueError, match="at most one source"):
        plan(EDIT, "image/jpeg", [SOURCE, SOURCE])

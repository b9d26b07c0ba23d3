"""Sentences for end users: there is one for every rule, and none that tells how the rule works."""

import re
from pathlib import Path

import pytest

from sluice.categories import CATEGORIES, CSAM
from sluice.client.words import ENGLISH, Words
from sluice.policy.load import load
from sluice.policy.model import Severity

DEFAULT_POLICY = load(Path(__file__).parents[2] / "policies" / "default.yaml")
SILENT = {"known-csam", "csam-score", CSAM}
"""Whoever sends such material does not learn what recognised it."""
OURS = Words({})


def test_every_rule_and_category_has_a_sentence_or_is_one_that_has_none_on_purpose() -> None:
    blocking = {rule.id for rule in DEFAULT_POLICY.rules if rule.action is Severity.BLOCK}
    assert {*blocking, *CATEGORIES} - ENGLISH.keys() == SILENT
    assert {OURS.of(name) for name in SILENT} == {ENGLISH["default"]}


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_a_sentence_tells_nothing_of_how_it_was_found(key: str) -> None:
    said = ENGLISH[key].lower()
    assert not re.search(r"\d|score|threshold|list|hash|match|detect|classif|model|known|rule id|policy", said), said
    assert said.endswith(".")


def test_each_reason_is_said_once_and_there_is_always_one() -> None:
    graphic = (("violence-graphic", "violence/graphic"), ("violence-photoreal", "violence/graphic"))
    assert OURS.of_refusal("BLOCK", graphic) == (ENGLISH["violence/graphic"],)
    assert OURS.of_refusal("BLOCK", (("hate", "hate"), ("sexual", "sexual"))) == (ENGLISH["hate"], ENGLISH["sexual"])
    assert OURS.of_refusal("BLOCK", ()) == (ENGLISH["default"],)
    assert OURS.of_refusal("REVIEW", (("sexual", "sexual"),)) == (ENGLISH["review"],)


@pytest.mark.parametrize(
    ("own", "reason", "said"),
    [
        ({}, ("a-rule-of-yours", "hate"), ENGLISH["hate"]),
        ({}, ("a-rule-of-yours", ""), ENGLISH["default"]),
        ({"hate": "Kein Hass."}, ("hate", "hate"), "Kein Hass."),
        ({"hate": "Kein Hass."}, ("sexual", "sexual"), ENGLISH["sexual"]),
        ({"hate": "Kein Hass.", "default": "Nein."}, ("sexual", "sexual"), "Nein."),
        ({"mine": "Mine.", "hate": "Kein Hass."}, ("mine", "hate"), "Mine."),
        ({"default": "Nein."}, ("known-csam", ""), "Nein."),
    ],
)
def test_sentences_of_the_caller_go_first(own: dict[str, str], reason: tuple[str, str], said: str) -> None:
    assert Words(own).of_refusal("BLOCK", [reason]) == (said,)


def test_where_nobody_could_say_and_where_somebody_has_to_look_there_are_words_too() -> None:
    own = Words({"unavailable": "Später.", "review": "Moment."})
    assert own.of_no_answer == ("Später.",)
    assert own.of_refusal("REVIEW", ()) == ("Moment.",)


@pytest.mark.parametrize("own", [{"hate": ""}, {"hate": 7}, {7: "x"}])
def test_what_is_no_sentence_is_refused(own: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="sentences by rule or category"):
        Words(own)

"""Which rows speak of a category, and how well its scores rank them."""

from pathlib import Path

import pytest

from evaluation.categories import categories_json, categories_table, ranked, ranked_any
from evaluation.judged import Outcome
from evaluation.words import read_labels
from sluice.policy.load import load
from sluice.v1.request_pb2 import AgeBand
from tests.unit.eval_rows import outcome

POLICY = load(Path(__file__).parents[2] / "policies" / "default.yaml")


def labelled(words: object, score: float | None) -> Outcome:
    return outcome(labels=read_labels(words), scores={} if score is None else {"hate": score})


def test_labels_make_positives_and_negatives() -> None:
    rows = [labelled(["hate"], 0.9), labelled([], 0.2), labelled(["violence"], 0.4), labelled({"violence": 1}, 0.3)]
    hate, violence = ranked(rows)
    assert (hate.category, hate.basis, hate.unscored) == ("hate", "labels", 0)
    assert hate.truth.tolist() == [True, False, False]
    assert hate.scores.tolist() == [0.9, 0.2, 0.4]
    assert (violence.category, violence.unscored, len(violence.truth)) == ("violence", 4, 0)
    assert not violence.both


def test_rows_without_a_score_are_told() -> None:
    (hate,) = ranked([labelled(["hate"], 0.9), labelled(["hate"], None), labelled([], None)])
    assert (len(hate.truth), hate.unscored, hate.both) == (1, 2, False)


def test_an_area_speaks_where_there_are_no_labels() -> None:
    scores = {"hate": 0.5, "violence": 0.5}
    rows = [
        outcome(True, "BLOCK", groups={"area": "Hate"}, scores=scores),
        outcome(True, "BLOCK", groups={"area": "violence"}, scores=scores),
        outcome(False, groups={"area": "hate"}, scores=scores),
        outcome(None, labels=read_labels({"hate": 0}), scores=scores),
    ]
    hate, violence = ranked(rows)
    assert (hate.basis, hate.truth.tolist()) == ("area", [True, False, False])
    assert (violence.category, violence.truth.tolist()) == ("violence", [True, False])


def test_any_ranks_by_risk() -> None:
    rows = [
        outcome(True, scores={"sexual": 0.4}, age_band=AgeBand.AGE_BAND_TEEN),
        outcome(False, scores={"sexual": 0.4}),
        outcome(True, "BLOCK", scores={}),
        outcome(False, "ALLOW", scores={}),
        outcome(None, "BLOCK"),
    ]
    found = ranked_any(rows, POLICY)
    assert found.truth.tolist() == [True, False, True, False]
    young, grown, blocked, allowed = found.scores
    assert (blocked, allowed) == (1.0, 0.0)
    assert young > 0.5 > grown


def test_figures_for_people_and_programs() -> None:
    rows = [labelled(["hate"], 0.9), labelled([], 0.95), labelled([], 0.1)]
    (form,) = categories_json(ranked(rows))
    assert (form["auprc"], form["auroc"], form["positives"], form["negatives"]) == (0.5, 0.5, 1, 2)
    (row,) = categories_table(ranked(rows)).rows
    assert row[:7] == ("hate", "labels", "1", "2", "0.500", "0.333", "0.500")
    (lone,) = categories_json(ranked(rows[:1]))
    assert lone["auprc"] is None


def test_a_row_of_no_category_is_no_table() -> None:
    assert ranked([labelled([], 0.5)]) == []


@pytest.mark.parametrize("count", [0, 1])
def test_any_of_few_rows_ranks_nothing(count: int) -> None:
    assert not ranked_any([outcome(True, scores={"hate": 0.5})] * count, POLICY).both

"""A score per label."""

import math

import pytest

from person_classifier.age import Age, share_under
from person_classifier.rule import Face
from person_classifier.shares import NAMES, label_scores


def face(years: float, score: float = 0.9, spread: float = 0.0) -> Face:
    return Face(score, 0.9, 100.0, Age(years, spread, years, years, 1.0), 0.9)


UNREAD = Face(0.8, 0.1, 100.0)


@pytest.mark.parametrize("faces", [[], [UNREAD], [face(30)], [face(10), UNREAD], [face(40), face(18)]])
@pytest.mark.parametrize("drawn", [0.0, 0.9, math.nan])
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("unseen", [0, 2])
def test_they_add_up(faces: list[Face], drawn: float, complete: bool, unseen: int) -> None:
    found = label_scores(faces, drawn, complete, unseen)
    assert tuple(found) == NAMES
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) >= 0


def test_nothing_found() -> None:
    assert label_scores([], 0.0, True)["none"] == 1
    assert label_scores([], 0.0, False)["age_unknown"] == 1
    assert label_scores([], 0.0, True, 1)["age_unknown"] == 1


def test_of_a_face_that_reads_eighteen_half_is_a_child() -> None:
    found = label_scores([face(18)], 0.0, True)
    assert found["child"] == pytest.approx(0.45)
    assert found["adult"] == pytest.approx(0.45)


def test_two_faces_are_likelier_to_hold_a_child_than_one() -> None:
    assert label_scores([face(25), face(25)], 0.0, True)["child"] > label_scores([face(25)], 0.0, True)["child"]


def test_a_doubt_takes_from_the_adult_and_not_from_the_child() -> None:
    found = label_scores([face(18), UNREAD], 0.0, True)
    assert found["adult"] == 0
    assert found["child"] == pytest.approx(0.45)
    assert found["age_unknown"] == pytest.approx(0.45)


def test_of_a_drawing_no_age_is_read() -> None:
    assert label_scores([face(10)], 0.8, True)["age_unknown"] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("limit", "years", "sd", "share"), [(18, 18, 5, 0.5), (18, 23, 5, 0.1587), (18, 13, 5, 0.8413)]
)
def test_the_share_of_a_gaussian(limit: float, years: float, sd: float, share: float) -> None:
    assert share_under(limit, years, sd) == pytest.approx(share, abs=1e-4)


def test_what_the_views_disagree_about_widens_the_error() -> None:
    assert Age(30, 0, 30, 30, 1).sd == pytest.approx(5.64, abs=0.01)
    assert Age(30, 5, 30, 30, 1).sd == pytest.approx(math.hypot(5.64, 5), abs=0.01)
    assert Age(30, 5, 30, 30, 1).minor > Age(30, 0, 30, 30, 1).minor


def test_the_youngest_mean_counts() -> None:
    assert Age(30, 1, 27, 28, 1).youngest == 27
    assert math.isnan(Age(30, 1, 27, math.nan, 1).youngest)

"""What people write for labels is read; what is not a label is not guessed at."""

import pytest

from evaluation.words import category_of, fold_people, read_age_band, read_labels, read_person, read_unsafe
from sluice.check import Person
from sluice.v1.request_pb2 import AgeBand


@pytest.mark.parametrize(
    "value", ["block", "BLOCK", " unsafe ", "1", "true", 1, 1.0, True, "1.0", "review", "harmful"]
)
def test_words_for_block(value: object) -> None:
    assert read_unsafe(value) is True


@pytest.mark.parametrize("value", ["allow", "Safe", "0", "false", 0, 0.0, False, "0.0", "benign"])
def test_words_for_allow(value: object) -> None:
    assert read_unsafe(value) is False


@pytest.mark.parametrize("value", ["", "maybe", 2, 0.5, None, ["block"], "hate"])
def test_what_says_neither(value: object) -> None:
    assert read_unsafe(value) is None


@pytest.mark.parametrize(
    "value", [["violence", "self-harm"], "violence, self_harm", "SELF-HARM;violence", '["violence", "self harm"]']
)
def test_lists_deny_what_they_do_not_name(value: object) -> None:
    labels = read_labels(value)
    assert labels is not None
    assert labels.positive == {"violence", "self-harm"}
    assert (labels.of("violence"), labels.of("hate"), labels.unsafe) == (True, False, True)


def test_a_mapping_denies_only_what_it_denies() -> None:
    labels = read_labels({"sexual_minors": 1, "hate": 0, "violence": None})
    assert labels is not None
    assert [labels.of(name) for name in ("sexual/minors", "hate", "violence", "sexual")] == [True, False, None, None]


def test_unknown_categories_still_make_a_row_unsafe() -> None:
    labels = read_labels(["fraud"])
    assert labels is not None
    assert (labels.positive, labels.unknown, labels.unsafe) == (frozenset(), 1, True)


@pytest.mark.parametrize("value", ["", [], "[]"])
def test_an_empty_list_is_of_no_category(value: object) -> None:
    labels = read_labels(value)
    assert labels is not None
    assert not labels.unsafe
    assert labels.of("hate") is False


@pytest.mark.parametrize("value", [3, None, [1], "[broken", {"hate": 1}.keys()])
def test_what_is_no_list(value: object) -> None:
    assert read_labels(value) is None


def test_categories_by_any_spelling() -> None:
    assert category_of("Violence_Graphic") == "violence/graphic"
    assert category_of("photography") is None


@pytest.mark.parametrize(
    ("value", "person"),
    [
        ("adult", Person.ADULT),
        ("None", Person.NONE),
        ("no person", Person.NONE),
        ("CHILD", Person.CHILD),
        ("age_unknown", Person.CHILD),
        ("adult, child", Person.CHILD),
        (["adult", "none"], Person.ADULT),
        ("dog", None),
        ([], None),
        (7, None),
    ],
)
def test_people_are_folded_as_the_card_says(value: object, person: Person | None) -> None:
    assert read_person(value) == person


def test_nobody_is_nobody() -> None:
    assert fold_people([Person.NONE, Person.NONE]) == Person.NONE


def test_age_bands() -> None:
    assert read_age_band(None) == read_age_band("") == read_age_band("unknown") == AgeBand.AGE_BAND_UNKNOWN
    assert read_age_band("Under-13") == AgeBand.AGE_BAND_UNDER_13
    assert read_age_band("old") is None
    assert read_age_band(13) is None

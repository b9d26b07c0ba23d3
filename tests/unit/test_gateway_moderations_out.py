"""OpenAI's moderation result of a decision: the table from facts to results, and what has no result."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest

from gateway.errors import ApiError
from gateway.moderations_out import THEIRS, moderation_json, result_json
from sluice.v1.decision_pb2 import (
    ACTION_ALLOW,
    ACTION_BLOCK,
    ACTION_REVIEW,
    ACTION_UNSPECIFIED,
    Action,
    ContentSummary,
    Decision,
    Input,
    Reason,
)
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD, STAGE_OUTPUT, STAGE_PROMPT
from sluice.v1.verdict_pb2 import STATUS_ABSTAIN, STATUS_OK, ContentResult, ListMatch, Status

PARAMS = {"c0": "input[0].text", "c1": "input[1].image_url.url"}


def result_of(decision: Decision) -> Any:
    """Its result, as a client reads it."""
    return result_json(decision, PARAMS)


def scored(
    content_id: str,
    scores: Mapping[str, float],
    abstained: tuple[str, ...] = (),
    status: Status.ValueType = STATUS_OK,
    matches: tuple[ListMatch, ...] = (),
) -> ContentResult:
    """What a check said of a content."""
    return ContentResult(content_id=content_id, status=status, scores=scores, abstained=abstained, matches=matches)


def decided(
    *results: ContentResult, action: Action.ValueType = ACTION_ALLOW, complete: bool = True, **fields: Any
) -> Decision:
    """A decision on a prompt, c0, and an upload, c1: each result from a check of its own."""
    return Decision(
        stage=fields.pop("stage", STAGE_PROMPT),
        action=action,
        complete=complete,
        policy_version="2026-11-22",
        contents=fields.pop(
            "contents",
            [
                ContentSummary(id="c0", role=ROLE_PROMPT, kind="text"),
                ContentSummary(id="c1", role=ROLE_UPLOAD, kind="image"),
            ],
        ),
        inputs=[Input(check=f"check-{at}", results=[result]) for at, result in enumerate(results)],
        **fields,
    )


def fired(category: str, action: Action.ValueType = ACTION_BLOCK, rule: str = "a-rule") -> Reason:
    """A rule that compared a category."""
    return Reason(rule=rule, category=category, score=0.9, threshold=0.5, action=action)


def test_the_shape_is_theirs_to_the_last_member() -> None:
    found = result_of(decided())
    assert list(found) == ["flagged", "categories", "category_scores", "category_applied_input_types"]
    for member in ("categories", "category_scores", "category_applied_input_types"):
        assert found[member].keys() == set(THEIRS)
    assert len(THEIRS) == 13


def test_what_nobody_scored_is_zero_false_and_empty() -> None:
    found = result_of(decided())
    assert found["flagged"] is False
    assert set(found["categories"].values()) == {False}
    assert set(found["category_scores"].values()) == {0.0}
    assert all(kinds == [] for kinds in found["category_applied_input_types"].values())


def test_a_score_is_the_highest_over_contents_and_checks() -> None:
    found = result_of(decided(scored("c0", {"violence": 0.2}), scored("c1", {"violence": 0.7})))
    assert found["category_scores"]["violence"] == 0.7
    found = result_of(decided(scored("c0", {"violence": 0.6}), scored("c0", {"violence": 0.1})))
    assert found["category_scores"]["violence"] == 0.6


@pytest.mark.parametrize(
    ("results", "types"),
    [
        ((scored("c0", {"hate": 0.1}),), ["text"]),
        ((scored("c1", {"hate": 0.1}),), ["image"]),
        ((scored("c1", {"hate": 0.1}), scored("c0", {"hate": 0.1})), ["text", "image"]),
        ((scored("c0", {"hate": 0.1}), scored("c1", {"sexual": 0.1}, abstained=("hate",))), ["text"]),
        ((scored("c0", {"hate": 0.1}, abstained=("hate",)),), []),
        ((scored("c1", {"hate": 0.1}, status=STATUS_ABSTAIN),), []),
        ((scored("c1.1", {"hate": 0.1}),), []),
    ],
)
def test_input_types_are_those_that_a_check_covered(results: tuple[ContentResult, ...], types: list[str]) -> None:
    assert result_of(decided(*results))["category_applied_input_types"]["hate"] == types


@pytest.mark.parametrize(("characters", "types"), [(0.0, []), (12.0, ["text"])])
def test_what_reads_texts_in_pictures_does_not_claim_to_have_screened_the_picture(
    characters: float, types: list[str]
) -> None:
    read = scored("c1", {"hate": 0.0, "violence": 0.0}, abstained=("sexual",))
    read.signals["text_characters"] = characters
    looked = scored("c1", {"sexual": 0.1}, abstained=("hate", "violence"))
    applied = result_of(decided(read, looked))["category_applied_input_types"]
    assert (applied["hate"], applied["violence"], applied["sexual"]) == (types, types, ["image"])


def test_a_further_view_of_a_picture_is_a_picture() -> None:
    contents = [ContentSummary(id="c0", kind="image"), ContentSummary(id="c0.1", kind="image", view_of="c0")]
    found = result_of(decided(scored("c0.1", {"hate": 0.1}), contents=contents))
    assert found["category_applied_input_types"]["hate"] == ["image"]


@pytest.mark.parametrize("action", [ACTION_BLOCK, ACTION_REVIEW])
def test_whatever_is_no_allow_is_flagged(action: Action.ValueType) -> None:
    found = result_of(decided(action=action, reasons=[Reason(rule="not-served", action=action)]))
    assert found["flagged"] is True
    assert not any(found["categories"].values())


def test_a_category_is_true_where_a_rule_about_it_fired() -> None:
    reasons = [fired("violence"), fired("hate", ACTION_REVIEW)]
    found = result_of(decided(scored("c0", {"violence": 0.9}), action=ACTION_BLOCK, reasons=reasons))
    assert {name for name, value in found["categories"].items() if value} == {"violence", "hate"}


def test_a_rule_that_only_labels_makes_nothing_true() -> None:
    found = result_of(decided(reasons=[fired("violence", ACTION_ALLOW)]))
    assert found["flagged"] is False
    assert not any(found["categories"].values())


@pytest.mark.parametrize("category", ["extremism", "jailbreak"])
def test_categories_that_they_do_not_have_flag_and_are_not_shown(category: str) -> None:
    found = result_of(decided(scored("c0", {category: 0.9}), action=ACTION_BLOCK, reasons=[fired(category)]))
    assert found["flagged"] is True
    assert category not in found["categories"]
    assert not any(found["categories"].values())


def test_a_score_of_csam_stands_in_sexual_minors() -> None:
    decision = decided(
        scored("c1", {"csam": 0.9, "sexual/minors": 0.2}), action=ACTION_BLOCK, reasons=[fired("csam")]
    )
    found = result_of(decision)
    assert found["categories"]["sexual/minors"] is True
    assert found["category_scores"]["sexual/minors"] == 0.9
    assert found["category_applied_input_types"]["sexual/minors"] == ["image"]


@pytest.mark.parametrize("complete", [True, False])
def test_known_material_is_sexual_minors_whatever_the_other_checks_still_had_to_say(complete: bool) -> None:
    match = ListMatch(list="test", entry="1", kind="csam", test=True)
    reasons = [Reason(rule="known-csam", action=ACTION_BLOCK), Reason(rule="incomplete", check="image")]
    decision = decided(scored("c1", {}, matches=(match,)), action=ACTION_BLOCK, complete=complete, reasons=reasons)
    found = result_of(decision)
    assert found["flagged"] is True
    assert found["categories"]["sexual/minors"] is True
    assert found["category_scores"]["sexual/minors"] == 1.0
    assert found["category_applied_input_types"]["sexual/minors"] == ["image"]


def test_a_match_of_another_kind_says_nothing_of_minors() -> None:
    match = ListMatch(list="artists", entry="1", kind="artist-living")
    decision = decided(scored("c0", {}, matches=(match,)), action=ACTION_BLOCK, reasons=[fired("")])
    assert result_of(decision)["categories"]["sexual/minors"] is False


def test_an_incomplete_decision_is_no_result() -> None:
    reasons = [
        Reason(rule="incomplete", check="image", content_id="c1", action=ACTION_BLOCK, detail="no answer in time"),
        fired("violence"),
    ]
    decision = decided(scored("c0", {"violence": 0.9}), action=ACTION_BLOCK, complete=False, reasons=reasons)
    with pytest.raises(ApiError) as found:
        result_of(decision)
    assert (found.value.status, found.value.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "incomplete")
    assert "image" in found.value.message
    assert found.value.retry_seconds is not None


@pytest.mark.parametrize(
    ("decision", "param", "word"),
    [
        (
            decided(
                action=ACTION_BLOCK,
                complete=False,
                contents=[ContentSummary(id="c0", kind="text"), ContentSummary(id="c1", unprocessable="truncated")],
                reasons=[Reason(rule="unprocessable", content_id="c1", detail="truncated: 9 bytes")],
            ),
            "input[1].image_url.url",
            "truncated: 9 bytes",
        ),
        (
            decided(
                action=ACTION_BLOCK,
                complete=False,
                reasons=[Reason(rule="unprocessable", check="image", content_id="c1.2", detail="no pixels")],
            ),
            "input[1].image_url.url",
            "no pixels",
        ),
        (
            decided(
                action=ACTION_BLOCK,
                complete=False,
                unprocessable="too_many_contents",
                reasons=[Reason(rule="unprocessable", detail="too_many_contents: 33 contents, at most 32")],
            ),
            None,
            "too_many_contents",
        ),
    ],
)
def test_what_cannot_be_read_is_the_callers_and_named(decision: Decision, param: str | None, word: str) -> None:
    with pytest.raises(ApiError) as found:
        result_of(decision)
    error = found.value
    assert (error.status, error.code, error.param) == (HTTPStatus.BAD_REQUEST, "unprocessable_content", param)
    assert word in error.message
    assert error.headers()["x-should-retry"] == "false"


@pytest.mark.parametrize(
    "decision",
    [
        decided(
            action=ACTION_BLOCK,
            complete=False,
            unprocessable="too_late",
            reasons=[Reason(rule="unprocessable", detail="too_late")],
        ),
        decided(
            action=ACTION_BLOCK,
            complete=False,
            contents=[ContentSummary(id="c0", unprocessable="too_late")],
            reasons=[Reason(rule="unprocessable", content_id="c0", detail="too_late: not fetched")],
        ),
    ],
)
def test_what_was_read_too_late_is_ours(decision: Decision) -> None:
    with pytest.raises(ApiError) as found:
        result_of(decision)
    assert (found.value.status, found.value.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "incomplete")


@pytest.mark.parametrize(
    "decision",
    [
        decided(action=ACTION_UNSPECIFIED),
        decided(action=Action.ValueType(9)),
        decided(stage=STAGE_OUTPUT),
        decided(scored("c0", {"hate": float("nan")})),
        decided(scored("c0", {"hate": 1.5})),
        decided(scored("c0", {"hate": -0.1})),
        decided(reasons=[fired("hate")], action=ACTION_ALLOW),
        decided(scored("c1", {}, matches=(ListMatch(kind="csam"),)), action=ACTION_ALLOW),
    ],
)
def test_a_decision_that_contradicts_itself_is_no_result(decision: Decision) -> None:
    with pytest.raises(ApiError) as found:
        result_of(decision)
    assert (found.value.status, found.value.code) == (HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error")


def test_an_answer_names_itself_and_the_policy() -> None:
    found = moderation_json("a" * 32, [decided(), decided()], [PARAMS, PARAMS])
    assert list(found) == ["id", "model", "results"]
    assert (found["id"], found["model"]) == (f"modr-{'a' * 32}", "sluice-2026-11-22")
    assert isinstance(found["results"], list)
    assert len(found["results"]) == 2


def test_a_policy_that_changed_in_between_is_named_twice() -> None:
    other = decided()
    other.policy_version = "2026-11-23"
    assert moderation_json("0" * 32, [decided(), other], [PARAMS, PARAMS])["model"] == "sluice-2026-11-22+2026-11-23"


def test_one_that_is_incomplete_takes_the_others_with_it() -> None:
    with pytest.raises(ApiError):
        moderation_json("0" * 32, [decided(), decided(complete=False, action=ACTION_BLOCK)], [PARAMS, PARAMS])

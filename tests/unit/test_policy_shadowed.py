"""The table of disagreements: whom a record counts for, and what does not count."""

from sluice.policy.shadowed import MOST_SAMPLES, shadowed
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, ACTION_REVIEW, Reason
from sluice.v1.shadow_pb2 import Disagreement

NEW, OLD = b"n" * 32, b"o" * 32
Place = tuple[int, int, Disagreement]


def record(at: int, request_id: str, stands_for: int = 1, **more: object) -> Place:
    fields = {
        "live_action": ACTION_ALLOW,
        "shadow_action": ACTION_BLOCK,
        "live_policy_digest": b"l" * 32,
        "shadow_policy_digest": NEW,
        "shadow_policy_version": "new",
        "shadow_complete": True,
        "only_shadow": ["hate"],
        "decision_offset": at,
        **more,
    }
    return at, 0, Disagreement(request_id=request_id, stands_for=stands_for, **fields)  # type: ignore[arg-type] # fields of many types


def test_a_record_counts_for_all_that_it_stands_for() -> None:
    (found,) = shadowed(
        [
            record(1, "a", 5),
            record(2, "b", 2, live_action=ACTION_REVIEW, only_live=["faces"]),
            record(3, "c", 1),
        ]
    )
    assert (found.records, found.decisions, found.unknown, found.unnamed) == (3, 8, 0, 0)
    assert found.form()["actions"] == [
        {"live": "ALLOW", "shadow": "BLOCK", "decisions": 6, "samples": ["c", "a"]},
        {"live": "REVIEW", "shadow": "BLOCK", "decisions": 2, "samples": ["b"]},
    ]
    assert found.form()["only_shadow"] == [{"rule": "hate", "decisions": 8, "samples": ["c", "b", "a"]}]
    assert found.form()["only_live"] == [{"rule": "faces", "decisions": 2, "samples": ["b"]}]


def test_what_came_twice_counts_once() -> None:
    (found,) = shadowed([record(1, "a", decision_offset=7), record(2, "a", decision_offset=7)])
    assert (found.records, found.decisions) == (1, 1)


def test_what_cannot_be_told_is_in_no_other_number() -> None:
    (found,) = shadowed([record(1, "a", 3, shadow_complete=False, only_shadow=["incomplete"]), record(2, "b")])
    assert (found.unknown, found.decisions, list(found.only_shadow)) == (3, 1, ["hate"])


def test_every_version_has_numbers_of_its_own_the_newest_first() -> None:
    old = record(1, "a", shadow_policy_digest=OLD, shadow_policy_version="old")
    found = shadowed([old, record(2, "b"), record(3, "c")])
    assert [(one.version, one.decisions) for one in found] == [("new", 2), ("old", 1)]


def test_a_record_without_rules_is_told_from_one_where_only_the_action_differs() -> None:
    merged = record(1, "a", 4, only_shadow=[], shadow_reasons=[Reason(rule="hate")])
    changed = record(
        2, "b", 1, only_shadow=[], live_reasons=[Reason(rule="hate")], shadow_reasons=[Reason(rule="hate")]
    )
    (found,) = shadowed([merged, changed])
    assert (found.unnamed, found.decisions) == (4, 5)


def test_only_a_few_are_named() -> None:
    (found,) = shadowed([record(at, f"r{at}") for at in range(9)])
    assert found.only_shadow["hate"].samples == ["r8", "r7", "r6"]
    assert len(found.only_shadow["hate"].samples) == MOST_SAMPLES


def test_nothing_comes_of_nothing() -> None:
    assert list(shadowed([])) == []

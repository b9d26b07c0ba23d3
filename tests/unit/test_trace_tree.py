"""The tree of a trace, also of traces that no sane party would tell."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from sluice.trace.span import TraceSpan
from sluice.trace.tree import Tree, build_tree
from tests.trace_samples import BEGIN_NS, MS, REQUEST_ID, plain, seen


def shape(tree: Tree) -> list[tuple[str, int]]:
    return [(row.span.name, row.depth) for row in tree.rows]


def critical(spans: Sequence[TraceSpan]) -> set[str]:
    return {row.span.name for row in build_tree(spans).rows if row.critical}


def test_a_request_makes_a_tree() -> None:
    tree = build_tree(seen(), REQUEST_ID)
    assert [(row.span.service, row.span.name, row.depth) for row in tree.rows] == [
        ("ingest", "request", 0),
        ("ingest", "process moderation.requests", 1),
        ("text-classifier", "process moderation.contents", 2),
        ("image-classifier", "process moderation.contents", 2),
        ("image-classifier", "fetch", 3),
        ("image-classifier", "wait", 3),
        ("image-classifier", "batch", 3),
        ("orchestrator", "decide", 2),
    ]
    assert (tree.begin_ns, tree.end_ns) == (BEGIN_NS, BEGIN_NS + 266 * MS)
    assert tree.decision is not None
    assert tree.decision.text("sluice.action") == "BLOCK"
    assert tree.whole
    assert all(row.loose == "" and row.early_ns == 0 for row in tree.rows)


def test_order_of_arrival_changes_nothing() -> None:
    spans = seen()
    told = build_tree(spans, REQUEST_ID)
    for seed in range(20):
        random.Random(seed).shuffle(spans)
        assert build_tree(spans, REQUEST_ID) == told


def test_gaps_are_named_after_the_topic() -> None:
    gaps = [(row.span.service, row.gap) for row in build_tree(seen()).rows if row.gap]
    assert [(service, gap.where, gap.length_ns // MS) for service, gap in gaps] == [
        ("ingest", "moderation.requests", 4),
        ("text-classifier", "moderation.contents", 2),
        ("image-classifier", "moderation.contents", 122),
        # From the last of the verdicts that it joins, not from its parent.
        ("orchestrator", "", 2),
    ]


def test_what_begins_within_its_parent_waited_for_nothing() -> None:
    rows = build_tree([plain(1, end=10), plain(2, 1, 5, 8), plain(3, 1, 9, 30), plain(4, 1, 10, 11)]).rows
    assert [row.gap for row in rows] == [None] * 4


def test_joins_and_links_elsewhere_are_told_apart() -> None:
    rows = build_tree(seen()).rows
    assert [each.service for each in rows[-1].joins] == ["text-classifier", "image-classifier"]
    batch = rows[-2]
    assert (batch.span.name, batch.joins, batch.far) == ("batch", (), 1)


def test_a_decision_without_what_it_rests_on_is_not_whole() -> None:
    spans = [span for span in seen() if span.service != "text-classifier"]
    tree = build_tree(spans, REQUEST_ID)
    assert tree.decision is not None
    assert not tree.whole
    assert tree.rows[-1].far == 1
    assert not build_tree([plain(1)]).whole


def test_of_several_requests_in_a_trace_the_one_asked_for_counts() -> None:
    other = plain(99, 0, 0, 900, "decide")
    assert build_tree([*seen(), other], REQUEST_ID).decision == build_tree(seen()).decision
    assert build_tree([*seen(), other]).decision == other


def test_orphans_stand_at_the_left_and_say_so() -> None:
    tree = build_tree([plain(1), plain(2, 77, 5, 6), plain(3, 2, 6, 7)])
    assert shape(tree) == [("s1", 0), ("s2", 0), ("s3", 1)]
    assert [row.loose for row in tree.rows] == ["", "parent missing", ""]


def test_roots_come_before_orphans_and_time_zero_is_the_first_root() -> None:
    tree = build_tree([plain(2, 77, -50, 6), plain(1), plain(4, 0, -5, 0)])
    assert shape(tree) == [("s4", 0), ("s1", 0), ("s2", 0)]
    assert tree.begin_ns == BEGIN_NS - 5 * MS


def test_a_child_that_begins_before_its_parent_is_told() -> None:
    first, second = build_tree([plain(1, 0, 10, 20), plain(2, 1, 3, 5)]).rows
    assert (first.early_ns, second.early_ns, second.depth) == (0, 7 * MS, 1)


@pytest.mark.parametrize(
    ("spans", "names"),
    [
        ([plain(1, 1)], ["s1"]),
        ([plain(1, 2), plain(2, 1, 5, 6)], ["s1", "s2"]),
        ([plain(1, 3), plain(2, 1), plain(3, 2), plain(4, 3)], ["s1", "s2", "s3", "s4"]),
        ([plain(1), plain(2, 3, 5), plain(3, 2, 4)], ["s1", "s3", "s2"]),
    ],
)
def test_circles_are_entered_once_and_said(spans: list[TraceSpan], names: list[str]) -> None:
    tree = build_tree(spans)
    assert [row.span.name for row in tree.rows] == names
    assert "circle" in [row.loose for row in tree.rows]
    assert any(row.critical for row in tree.rows)


def test_circles_of_links_end_too() -> None:
    spans = [plain(1, 0, 0, 5, links=(2,)), plain(2, 0, 5, 9, links=(3,)), plain(3, 0, 9, 9, links=(1, 2))]
    assert len(build_tree(spans).rows) == 3


def test_a_very_long_chain_is_no_trouble() -> None:
    spans = [plain(number, number - 1, number, number + 1) for number in range(1, 5001)]
    tree = build_tree(spans)
    assert tree.rows[-1].depth == 4999
    assert all(row.critical for row in tree.rows)


def test_very_many_children_are_no_trouble() -> None:
    spans = [plain(1, 0, 0, 9000), *(plain(number, 1, number, number + 1) for number in range(2, 8000))]
    assert len(build_tree(spans).rows) == 7999


@pytest.mark.parametrize("seed", range(40))
def test_nonsense_makes_a_tree_with_every_span_once(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randint(1, 40)

    def some() -> int:
        return dice.randint(0, count + 3)

    spans = [
        plain(number, some(), dice.randint(-9, 99), dice.randint(100, 200), links=[some() or 1 for _ in range(3)])
        for number in range(1, count + 1)
    ]
    tree = build_tree(spans)
    assert sorted(row.span.span_id for row in tree.rows) == sorted(span.span_id for span in spans)
    depths = [row.depth for row in tree.rows]
    assert depths[0] == 0
    assert all(below <= above + 1 for above, below in pairwise(depths))
    assert all(row.gap is None or row.gap.length_ns > 0 for row in tree.rows)


def test_the_slowest_check_is_on_the_critical_path_and_the_others_are_not() -> None:
    rows = build_tree(seen(), REQUEST_ID).rows
    assert [row.span.service for row in rows if not row.critical] == ["text-classifier"]


def test_what_comes_after_the_decision_is_on_the_path_and_a_late_check_is_not() -> None:
    spans = [
        plain(1, 0, 0, 1),
        plain(2, 1, 1, 5, "fast check"),
        plain(3, 1, 1, 500, "late check"),
        plain(4, 1, 6, 7, "decide", links=(2, 3)),
        plain(5, 4, 8, 20, "sign"),
        plain(6, 4, 8, 9, "other"),
    ]
    assert critical(spans) == {"s1", "fast check", "decide", "sign"}


def test_a_decision_that_is_open_while_checks_work_waited_for_the_last() -> None:
    spans = [
        plain(1, 0, 0, 1),
        plain(2, 1, 2, 5, "fast"),
        plain(3, 1, 2, 30, "slow"),
        plain(4, 1, 2, 31, "decide", links=(2, 3)),
    ]
    assert critical(spans) == {"s1", "slow", "decide"}


def test_within_a_span_those_that_ended_last_count_one_after_the_other() -> None:
    spans = [
        plain(1, 0, 0, 100, "whole"),
        plain(2, 1, 0, 40, "first"),
        plain(3, 1, 10, 30, "beside it"),
        plain(4, 1, 50, 90, "second"),
        plain(5, 4, 60, 85, "within it"),
    ]
    assert critical(spans) == {"whole", "first", "second", "within it"}

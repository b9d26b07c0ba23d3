"""`sluice policy shadow` on a terminal."""

import pytest

from sluice.cli.policy_shadow import show
from sluice.policy.shadowed import Count, Shadowed


def test_the_table_has_actions_and_rules_those_of_most_decisions_first(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        Shadowed(
            digest=bytes(32),
            version="2026-12",
            records=4,
            decisions=12,
            unknown=3,
            live={b"\xff" * 32},
            pairs={("ALLOW", "BLOCK"): Count(2, ["b"]), ("REVIEW", "BLOCK"): Count(10, ["a", "c"])},
            only_live={"faces": Count(1, ["c"])},
            only_shadow={"hate": Count(12, ["a", "b"])},
        )
    )
    assert capsys.readouterr().out.splitlines() == [
        "shadow policy 2026-12 (000000000000) against ffffffffffff: 12 decisions differ, in 4 samples",
        "3 more cannot be told: answers that it would have waited for were not recorded",
        "                   decisions  such as",
        "REVIEW -> BLOCK    10         a c",
        "ALLOW -> BLOCK     2          b",
        "only live: faces   1          c",
        "only shadow: hate  12         a b",
    ]


def test_where_nothing_can_be_told_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    show(Shadowed(digest=bytes(32), version="v", records=1, unknown=7, unnamed=2, live={b"\xff" * 32}))
    assert capsys.readouterr().out.splitlines() == [
        "shadow policy v (000000000000) against ffffffffffff: 0 decisions differ, in 1 samples",
        "7 more cannot be told: answers that it would have waited for were not recorded",
        "of 2 the rules are not named: too many kinds came at once",
    ]

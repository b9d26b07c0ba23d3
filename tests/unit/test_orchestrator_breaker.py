"""When breakers open and close, whom they are of, and what they never count."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import cel
import pytest

from orchestrator import breaker
from orchestrator.breaker import Breakers, Turned, breakable, breakers_of
from sluice.policy.load import load
from sluice.policy.model import BreakerPolicy, Policy, Rule, Severity
from sluice.v1.decision_pb2 import ACTION_BLOCK, ACTION_REVIEW, Reason

MINUTE = 60_000
POLICY = BreakerPolicy(times=5.0, least=20, window_ms=MINUTE, usual_ms=60 * MINUTE, hold_ms=5 * MINUTE)
START = 1_800_000_000_000
STEP = 100


def rule(name: str, action: Severity = Severity.BLOCK, child_safety: bool = False, terminal: bool = False) -> Rule:
    when = 'stage == "PROMPT"'
    return Rule(name, action, when, cel.compile(when), child_safety=child_safety, terminal=terminal)


RULES = (rule("violence"), rule("hate"), rule("minors", child_safety=True), rule("look", Severity.REVIEW))


def fired(name: str, detail: str = "") -> Reason:
    return Reason(rule=name, action=ACTION_BLOCK, detail=detail)


class Traffic:
    """Decisions, one every 100 ms."""

    def __init__(self, breakers: Breakers | None = None) -> None:
        self.breakers = breakers or Breakers(POLICY, RULES)
        self.now = START

    def decisions(
        self, count: int, *reasons: Reason, every: int = 1, tenant: str = "", complete: bool = True
    ) -> "Traffic":
        """So many; every so-manyth has the reasons."""
        for at in range(count):
            self.now += STEP
            self.breakers.observe(self.now, tenant, complete, reasons if at % every == every - 1 else ())
        return self

    def open(self, tenant: str = "") -> Sequence[str]:
        return self.breakers.open_for(tenant, self.now)


def usual(tenant: str = "") -> Traffic:
    """20 minutes in which one decision in a hundred is a BLOCK of `violence`."""
    return Traffic().decisions(12_000, fired("violence"), every=100, tenant=tenant)


def test_a_usual_share_opens_nothing() -> None:
    traffic = usual()
    assert (traffic.open(), traffic.breakers.turned()) == ((), [])


@pytest.mark.parametrize(("every", "found"), [(25, ()), (10, ("rule:violence",))], ids=["4-times", "10-times"])
def test_a_multiple_of_the_usual_share_opens_it(every: int, found: tuple[str, ...]) -> None:
    traffic = usual().decisions(3000, fired("violence"), every=every)
    assert traffic.open() == found


def test_more_traffic_of_the_same_kind_opens_nothing() -> None:
    traffic = usual()
    for _ in range(20_000):
        traffic.now += 1
        traffic.breakers.observe(traffic.now, "", True, (fired("violence"),) if traffic.now % 100 == 0 else ())
    assert traffic.open() == ()


def test_a_few_blocks_open_nothing_however_unusual() -> None:
    traffic = usual()
    assert traffic.decisions(19, fired("hate")).open() == ()
    assert traffic.decisions(1, fired("hate")).open() == ("rule:hate",)
    assert traffic.breakers.turned() == [Turned("hate", opened=True, blocks=20, decisions=521)]


def test_without_a_usual_nothing_opens() -> None:
    traffic = Traffic().decisions(500, fired("violence"))
    assert traffic.open() == ()


def test_it_opens_only_after_as_many_usual_decisions_as_blocks_are_asked_for() -> None:
    for before, found in ((19, ()), (20, ("rule:violence",))):
        traffic = Traffic().decisions(before)
        traffic.now += MINUTE
        # Among 20 usual decisions one BLOCK is 5 %, and five times that is less than all.
        assert traffic.decisions(30, fired("violence")).open() == found


def test_of_what_never_happened_once_is_usual() -> None:
    traffic = Traffic().decisions(40)
    traffic.now += MINUTE
    # 21 of 190 are less than five times one of 40.
    assert traffic.decisions(190, fired("hate"), every=9).open() == ()
    assert traffic.decisions(20, fired("hate")).open() == ("rule:hate",)


def test_it_stays_open_for_its_time_and_closes_once_all_is_as_usual() -> None:
    traffic = usual().decisions(100, fired("hate"))
    (opened,) = traffic.breakers.turned()
    assert opened.opened
    traffic.decisions(2800)
    assert traffic.open() == ("rule:hate",)
    traffic.decisions(300)
    assert traffic.open() == ()
    (closed,) = traffic.breakers.turned()
    assert (closed.rule, closed.opened, closed.kind) == ("hate", False, "rule")


def test_what_goes_on_keeps_it_open_without_a_block_in_between() -> None:
    traffic = usual()
    for _ in range(2000):
        traffic.decisions(1, fired("hate"), every=1).decisions(4)
        if traffic.open():
            break
    traffic.breakers.turned()
    softened = Reason(rule="hate", action=ACTION_REVIEW, breaker="rule:hate")
    for _ in range(800):
        traffic.decisions(1, softened).decisions(4)
        assert traffic.open() == ("rule:hate",)
    assert traffic.breakers.turned() == []


def test_what_lasts_becomes_the_usual() -> None:
    traffic = usual().decisions(60_000, fired("hate"), every=5)
    assert traffic.open() == ()
    assert [one.opened for one in traffic.breakers.turned()] == [True, False]


def test_child_safety_and_what_is_no_rule_of_the_policy_have_no_breaker() -> None:
    traffic = usual()
    strange = (fired("minors"), fired("incomplete"), fired("unprocessable"), fired("prompt-not-allowed"))
    traffic.decisions(1000, *strange, tenant="acme")
    assert traffic.open("acme") == ()
    assert not breakable(rule("x", child_safety=True))
    assert not breakable(rule("x", terminal=True))
    assert not breakable(rule("x", Severity.REVIEW))


def test_a_rule_that_fails_is_no_block_of_it() -> None:
    assert usual().decisions(1000, fired("hate", breaker.RULE_FAILED + "no such key")).open() == ()


def test_a_review_is_no_block() -> None:
    assert usual().decisions(1000, Reason(rule="hate", action=ACTION_REVIEW)).open() == ()


def test_what_is_incomplete_says_nothing_of_what_is_usual() -> None:
    """A check that was away for a while and is back is no reason to open anything."""
    traffic = Traffic().decisions(12_000, fired("violence"), every=10)
    traffic.decisions(12_000, complete=False)
    # More than five times a twentieth, less than five times a tenth.
    assert traffic.decisions(2000, fired("violence"), every=3).open() == ()


def test_a_tenant_is_held_against_its_own_usual() -> None:
    traffic = usual("acme")
    traffic.decisions(12_000, fired("violence"), every=100, tenant="other")
    traffic.decisions(100, fired("violence"), fired("hate"), tenant="acme")
    assert "tenant:acme" in traffic.open("acme")
    assert not any(key.startswith("tenant:") for key in traffic.open("other"))
    assert not any(key.startswith("tenant:") for key in traffic.open())
    told = [one for one in traffic.breakers.turned() if one.kind == "tenant"]
    assert [(one.rule, one.opened) for one in told] == [("", True)]


def test_a_request_of_two_rules_is_one_block_of_its_tenant() -> None:
    traffic = usual("acme").decisions(19, fired("violence"), fired("hate"), tenant="acme")
    assert "tenant:acme" not in traffic.open("acme")


def test_a_request_without_a_tenant_is_of_none() -> None:
    traffic = usual().decisions(1000, fired("violence"), fired("hate"))
    assert all(key.startswith("rule:") for key in traffic.open())


def test_open_breakers_come_in_order() -> None:
    traffic = usual("acme").decisions(100, fired("violence"), fired("hate"), tenant="acme")
    assert traffic.open("acme") == ("rule:hate", "rule:violence", "tenant:acme")
    assert traffic.breakers.open_count() == 3


def test_time_never_falls_back() -> None:
    """Bulk requests may be older than interactive ones."""
    traffic = usual().decisions(100, fired("hate"))
    traffic.breakers.observe(START, "", True, ())
    assert traffic.breakers.open_for("", START) == ("rule:hate",)
    assert traffic.decisions(1).open() == ("rule:hate",)
    traffic.decisions(3100)
    assert traffic.breakers.open_for("", START) == ()


def test_tenants_are_bounded_and_the_one_heard_of_longest_ago_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "MOST_TENANTS", 2)
    traffic = usual("acme").decisions(100, fired("hate"), tenant="acme")
    traffic.breakers.turned()
    traffic.decisions(1, tenant="b").decisions(1, tenant="acme").decisions(1, tenant="c")
    assert "tenant:acme" in traffic.open("acme")
    traffic.decisions(1, tenant="b")
    assert "tenant:acme" not in traffic.open("acme")
    assert [one.kind for one in traffic.breakers.turned()] == ["tenant"]


@pytest.fixture(scope="module")
def policy() -> Policy:
    found = load(Path(__file__).parents[2] / "policies" / "default.yaml")
    return dataclasses.replace(found, rules=RULES, breaker=POLICY)


def test_a_policy_without_a_breaker_has_none(policy: Policy) -> None:
    plain = dataclasses.replace(policy, breaker=None)
    assert breakers_of(plain) is None
    assert breakers_of(plain, breakers_of(policy)) is None


def test_another_policy_takes_over_what_was_counted(policy: Policy) -> None:
    traffic = Traffic(breakers_of(policy)).decisions(12_000, fired("violence"), every=100)
    stricter = dataclasses.replace(policy, breaker=dataclasses.replace(POLICY, times=2.0))
    assert breakers_of(stricter, traffic.breakers) is traffic.breakers
    assert traffic.decisions(3000, fired("violence"), every=25).open() == ("rule:violence",)


def test_another_window_begins_anew(policy: Policy) -> None:
    traffic = Traffic(breakers_of(policy)).decisions(12_000).decisions(100, fired("violence"))
    other = dataclasses.replace(policy, breaker=dataclasses.replace(POLICY, window_ms=2 * MINUTE))
    found = breakers_of(other, traffic.breakers)
    assert found is not None
    assert found.open_for("", traffic.now) == ()


def test_a_rule_that_is_about_child_safety_from_now_on_is_closed(policy: Policy) -> None:
    traffic = Traffic(breakers_of(policy)).decisions(12_000).decisions(100, fired("violence"))
    assert traffic.open() == ("rule:violence",)
    guarded = dataclasses.replace(policy, rules=(rule("violence", child_safety=True),))
    found = breakers_of(guarded, traffic.breakers)
    assert found is not None
    assert found.open_for("", traffic.now) == ()

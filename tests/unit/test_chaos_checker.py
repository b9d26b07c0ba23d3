"""The checker of the chaos runs has no objection to a good history, and the right one to each that was spoiled."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sluice.provenance import State
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from sluice.v1.verdict_pb2 import STATUS_ERROR, Verdict
from tests.chaos.checker import judge
from tests.chaos.history import History, Picture, Place
from tests.chaos.objections import Kind
from tests.unit.chaos_history import (
    DEADLINE,
    KNOWN,
    OUTPUT,
    PROMPT,
    REFUSED,
    SHED,
    SILENT,
    change_of,
    changed,
    good,
    manifest,
)

Spoil = Callable[[History], History]


def of(request_id: str) -> Callable[[Decision | Verdict], bool]:
    return lambda message: message.request_id == request_id


def decision(request_id: str, change: Callable[[Decision], None]) -> Spoil:
    """Spoils one decision."""
    return lambda history: replace(history, decisions=change_of(history.decisions, of(request_id), change))


def verdict(request_id: str, change: Callable[[Verdict], None]) -> Spoil:
    """Spoils the verdicts of one request in the log."""
    return lambda history: replace(history, verdicts=change_of(history.verdicts, of(request_id), change))


def without(request_id: str) -> Spoil:
    """Takes one decision away."""
    return lambda history: replace(
        history, decisions=[one for one in history.decisions if one.message.request_id != request_id]
    )


def twice(request_id: str) -> Spoil:
    """A second decision of the same request."""

    def spoil(history: History) -> History:
        again = next(one for one in history.decisions if one.message.request_id == request_id)
        return replace(history, decisions=[*history.decisions, replace(again, offset=99)])

    return spoil


def allow(request_id: str) -> Spoil:
    """What should not have been allowed is."""

    def change(made: Decision) -> None:
        made.action = ACTION_ALLOW
        made.complete = True
        del made.reasons[:]

    return decision(request_id, change)


def moved(request_id: str, decided_at_ms: int) -> Spoil:
    """The decision was appended at another time."""
    return lambda history: replace(
        history,
        decisions=[
            replace(one, appended_at_ms=decided_at_ms) if one.message.request_id == request_id else one
            for one in history.decisions
        ],
    )


def late(request_id: str) -> Spoil:
    """Every verdict of the request came after its deadline, and counted."""

    def spoil(history: History) -> History:
        def change(made: Decision) -> None:
            for recorded in made.inputs:
                recorded.appended_at_ms = DEADLINE + 1

        verdicts = [
            replace(one, appended_at_ms=DEADLINE + 1) if one.message.request_id == request_id else one
            for one in history.verdicts
        ]
        decisions = change_of(history.decisions, of(request_id), change)
        return replace(history, verdicts=verdicts, decisions=decisions)

    return spoil


def forged_before(history: History) -> History:
    """A verdict that came first said something else, and was passed over."""
    first = next(one for one in history.verdicts if one.message.request_id == PROMPT)

    def change(found: Verdict) -> None:
        found.results[0].scores["illicit"] = 0.99

    return replace(history, verdicts=[*history.verdicts, replace(changed(first, change), offset=-1)])


def in_time_after_all(history: History) -> History:
    """What a late decision missed had come in time."""
    hashed = next(one for one in history.verdicts if one.message.request_id == OUTPUT and one.message.check == "hash")
    about = next(one for one in history.contents if one.message.request_id == SILENT)

    def change(found: Verdict) -> None:
        found.request_id = SILENT
        found.contents_offset = about.offset

    return replace(history, verdicts=[*history.verdicts, replace(changed(hashed, change), offset=50)])


def set_score(made: Decision) -> None:
    made.inputs[0].results[0].scores["sexual"] = 0.3


def drop_input(made: Decision) -> None:
    del made.inputs[0]


def fail_input(made: Decision) -> None:
    made.inputs[0].results[0].status = STATUS_ERROR


def name_offset(made: Decision) -> None:
    made.inputs[0].verdict_offset = 77


def name_contents(made: Decision) -> None:
    made.contents_offset = 77


def block(made: Decision) -> None:
    made.action = ACTION_BLOCK
    made.reasons.add(rule="illicit", action=ACTION_BLOCK)


def say_overloaded(made: Decision) -> None:
    made.action = ACTION_BLOCK
    made.complete = False
    made.reasons.add(rule="overloaded", action=ACTION_BLOCK, detail="too many requests were waiting")


def hide_overload(made: Decision) -> None:
    del made.reasons[-1]


def wave_through(made: Decision) -> None:
    made.action = ACTION_ALLOW


def other_digest(made: Decision) -> None:
    made.content_digest = b"x" * 32


def answer_error(found: Verdict) -> None:
    found.results[0].status = STATUS_ERROR


def unapproved(history: History) -> History:
    return replace(history, approved=())


def approved_twice(history: History) -> History:
    return replace(history, approved=[*history.approved, replace(history.approved[0], offset=1)])


def approved_of_blocked(history: History) -> History:
    stray = changed(history.approved[0], lambda asset: setattr(asset, "request_id", KNOWN))
    return replace(history, approved=[*history.approved, stray])


def unsigned(history: History) -> History:
    return replace(history, signed=())


def signed_twice(history: History) -> History:
    return replace(history, signed=[*history.signed, replace(history.signed[0], offset=1)])


def signed_of_blocked(history: History) -> History:
    stray = changed(history.signed[0], lambda asset: setattr(asset, "request_id", REFUSED))
    return replace(history, signed=[*history.signed, stray])


def picture(found: Picture) -> Spoil:
    """The signed picture is something else."""
    return lambda history: replace(history, pictures=dict.fromkeys(history.pictures, found))


def signed_from_other(history: History) -> History:
    other = changed(history.signed[0], lambda asset: setattr(asset, "source_sha256", b"x" * 32))
    return replace(history, signed=[other])


def of_another_decision(history: History) -> History:
    says = {**manifest(history.decisions[0].message)}
    return picture(Picture(found=True, state=State.TRUSTED, says=says))(history)


def no_incident(history: History) -> History:
    return replace(history, incidents=())


def incident_twice(history: History) -> History:
    return replace(history, incidents=[*history.incidents, *history.incidents])


def no_letters(history: History) -> History:
    return replace(history, dead_letters=())


def letter_for_what_was_in_order(history: History) -> History:
    return replace(history, poison=())


def letter_twice(history: History) -> History:
    return replace(history, dead_letters=[*history.dead_letters, history.dead_letters[1]])


def prepared_twice(history: History) -> History:
    return replace(history, contents=[*history.contents, replace(history.contents[0], offset=98)])


SPOILED: dict[str, tuple[Kind, str, Spoil]] = {
    "lost": (Kind.LOST, PROMPT, without(PROMPT)),
    "doubled": (Kind.DOUBLED, PROMPT, twice(PROMPT)),
    "doubled, blocked": (Kind.DOUBLED, REFUSED, twice(REFUSED)),
    "a refused prompt allowed": (Kind.WRONGLY_ALLOWED, REFUSED, allow(REFUSED)),
    "known material allowed": (Kind.WRONGLY_ALLOWED, KNOWN, allow(KNOWN)),
    "allowed without an answer": (Kind.WRONGLY_ALLOWED, SILENT, allow(SILENT)),
    "allowed on a failed answer": (Kind.WRONGLY_ALLOWED, PROMPT, decision(PROMPT, fail_input)),
    "allowed on a late answer": (Kind.WRONGLY_ALLOWED, PROMPT, late(PROMPT)),
    "a late answer counted": (Kind.TOO_LATE, PROMPT, late(PROMPT)),
    "allowed on nothing": (Kind.WRONGLY_ALLOWED, PROMPT, decision(PROMPT, drop_input)),
    "blocked for no reason": (Kind.NOT_RECOMPUTED, PROMPT, decision(PROMPT, block)),
    "blocked, and should be allowed": (Kind.NOT_THE_RULE, PROMPT, decision(PROMPT, block)),
    "an input that the log does not have": (Kind.INPUT_NOT_IN_LOG, PROMPT, decision(PROMPT, name_offset)),
    "an input that says something else": (Kind.INPUT_NOT_IN_LOG, PROMPT, decision(PROMPT, set_score)),
    "a log that says something else": (Kind.INPUT_NOT_IN_LOG, PROMPT, verdict(PROMPT, answer_error)),
    "an earlier verdict passed over": (Kind.INPUT_NOT_IN_LOG, PROMPT, forged_before),
    "a verdict in time passed over": (Kind.NOT_RECOMPUTED, SILENT, in_time_after_all),
    "a contents record that the log does not have": (Kind.INPUT_NOT_IN_LOG, PROMPT, decision(PROMPT, name_contents)),
    "other content": (Kind.OTHER_CONTENT, PROMPT, decision(PROMPT, other_digest)),
    "given up before the deadline": (Kind.TOO_LATE, SILENT, moved(SILENT, DEADLINE - 1)),
    "overloaded, with every answer there": (Kind.NOT_RECOMPUTED, PROMPT, decision(PROMPT, say_overloaded)),
    "overloaded, with other inputs than the log has": (Kind.INPUT_NOT_IN_LOG, SHED, decision(SHED, name_offset)),
    "overloaded, without an input that it had": (Kind.NOT_RECOMPUTED, SHED, decision(SHED, drop_input)),
    "overloaded and allowed": (Kind.WRONGLY_ALLOWED, SHED, decision(SHED, wave_through)),
    "given up before the deadline, and not for overload": (Kind.TOO_LATE, SHED, decision(SHED, hide_overload)),
    "not approved": (Kind.UNAPPROVED, OUTPUT, unapproved),
    "approved twice": (Kind.APPROVED_DOUBLED, OUTPUT, approved_twice),
    "approved, and blocked": (Kind.WRONGLY_ALLOWED, KNOWN, approved_of_blocked),
    "not signed": (Kind.UNSIGNED, OUTPUT, unsigned),
    "signed twice": (Kind.SIGNED_DOUBLED, OUTPUT, signed_twice),
    "signed, and blocked": (Kind.WRONGLY_ALLOWED, REFUSED, signed_of_blocked),
    "no such object": (Kind.UNVERIFIED, OUTPUT, picture(Picture(found=False))),
    "credentials that do not verify": (Kind.UNVERIFIED, OUTPUT, picture(Picture(found=True, state=State.INVALID))),
    "credentials of a stranger": (Kind.UNVERIFIED, OUTPUT, picture(Picture(found=True, state=State.VALID))),
    "signed from another picture": (Kind.UNVERIFIED, OUTPUT, signed_from_other),
    "credentials of another decision": (Kind.UNVERIFIED, OUTPUT, of_another_decision),
    "no incident": (Kind.INCIDENT, KNOWN, no_incident),
    "two incidents": (Kind.INCIDENT, KNOWN, incident_twice),
    "garbage without a dead letter": (Kind.UNLETTERED, "moderation.requests-2@7", no_letters),
    "a conflict without a dead letter": (Kind.UNLETTERED, PROMPT, no_letters),
    "a dead letter for a good record": (Kind.UNLETTERED, "moderation.requests-2@7", letter_for_what_was_in_order),
    "two dead letters of one record": (Kind.LETTERS_DOUBLED, "moderation.requests-2@7", letter_twice),
    "prepared twice": (Kind.CONTENTS_DOUBLED, "INTERACTIVE-0@0", prepared_twice),
}


def test_a_good_history_is_good() -> None:
    found = judge(good())
    assert found.objections == ()
    assert (found.requests, found.allowed, found.blocked_by_rule, found.incomplete) == (6, 2, 2, 2)
    assert found.signed == 1


@pytest.mark.parametrize(("kind", "where", "spoil"), SPOILED.values(), ids=SPOILED.keys())
def test_each_spoiled_history_is_objected_to(kind: Kind, where: str, spoil: Spoil) -> None:
    found = judge(spoil(good()))
    assert (kind, where) in {(objection.kind, objection.where) for objection in found.objections}
    assert found.count(kind) >= 1
    assert not found.good


def test_what_blocks_everything_does_not_pass() -> None:
    """No objection to any single decision, and yet: two of four that should be allowed are enough for nobody."""
    found = judge(good())
    assert found.expected_allow_kept == pytest.approx(2 / 4)
    assert not found.good


def test_a_decision_that_nobody_asked_for() -> None:
    history = good()
    asked = {request_id: one for request_id, one in history.asked.items() if request_id != PROMPT}
    found = judge(replace(history, asked=asked))
    assert (Kind.UNASKED, PROMPT) in {(objection.kind, objection.where) for objection in found.objections}


def test_what_the_broker_never_acknowledged_may_be_missing() -> None:
    history = without(PROMPT)(good())
    history.asked[PROMPT].certain = False
    assert judge(history).objections == ()


def test_every_kind_of_objection_is_reached() -> None:
    assert {kind for kind, _, _ in SPOILED.values()} | {Kind.UNASKED} == set(Kind)


def test_one_place_is_counted_once_however_much_is_wrong_with_it() -> None:
    spoiled = replace(good(), poison=(Place("moderation.requests", 2, 8), Place("moderation.requests", 2, 7)))
    assert judge(spoiled).count(Kind.UNLETTERED) == 1

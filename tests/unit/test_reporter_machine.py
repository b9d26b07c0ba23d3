"""Each phase, each answer, each refusal: what follows."""

from dataclasses import replace

import pytest

from reporter.backoff import FIRST_MS, LEASE_MS, MOST_MS, NEVER, wait_ms
from reporter.incident import Ended
from reporter.machine import ALIVE_MS, IDLE_MS, MARGIN_MS, MOST_SPOILED, OPEN_MS, Answer, Machine
from reporter.ports import Finished, Refusal, Submitted, TiplineError, Uploaded
from reporter.report import File, Phase, Report
from sluice.errors import TerminalError

NOW = 1_000_000
MACHINE = Machine()
SENT = File("i1", "e1", "f1", True)
IN_HAND = (Phase.UPLOADING, Phase.DESCRIBING, Phase.FINISHING)


def report(phase: Phase = Phase.READY, *files: File, report_id: str = "r1") -> Report:
    """One with an id, unless it is only about to be opened."""
    return Report(
        1, "t", "a", False, ("i1",), files or (File("i1", "e1"),), NOW, phase, report_id, opened_at_ms=NOW,
        touched_at_ms=NOW,
    )  # fmt: skip


def refused(one: Report, kind: Refusal) -> Report:
    return MACHINE.refused(one, TiplineError(kind, 7, "words"), NOW)


def test_a_report_goes_from_call_to_call() -> None:
    one = Report(1, "t", "a", False, ("i1",), (File("i1", "e1"), File("i1", "e2")), NOW)
    phases = []
    answers: dict[Phase, Answer] = {
        Phase.SUBMITTING: Submitted("r1"),
        Phase.UPLOADING: Uploaded("f", ""),
        Phase.DESCRIBING: None,
        Phase.FINISHING: Finished(("f", "f")),
    }
    while one.phase is not Phase.FINISHED:
        one = MACHINE.begun(one, NOW)
        assert one.due_ms == NOW + LEASE_MS
        phases.append(one.phase)
        one = MACHINE.done(one, answers[one.phase], NOW)
    file = [Phase.UPLOADING, Phase.DESCRIBING]
    assert phases == [Phase.SUBMITTING, *file, *file, Phase.FINISHING]
    assert (one.report_id, one.attempts, one.finished_at_ms, one.due_ms) == ("r1", 1, NOW, NEVER)
    assert all(each.described for each in one.files)


def test_without_files_it_is_finished_at_once() -> None:
    one = replace(report(Phase.OPEN), files=())
    assert MACHINE.begun(one, NOW).phase is Phase.FINISHING


@pytest.mark.parametrize("phase", IN_HAND)
def test_what_may_have_been_done_is_taken_back(phase: Phase) -> None:
    assert MACHINE.recovered(report(phase)).phase is Phase.RETRACTING
    after = refused(report(phase), Refusal.RETRY)
    assert (after.phase, after.report_id, after.due_ms) == (Phase.RETRACTING, "r1", NOW + FIRST_MS)


def test_a_submission_without_an_answer_is_made_again() -> None:
    one = report(Phase.SUBMITTING, report_id="")
    assert MACHINE.recovered(one).phase is Phase.READY
    assert refused(one, Refusal.RETRY).phase is Phase.READY


def test_what_was_taken_back_begins_anew() -> None:
    after = MACHINE.done(report(Phase.RETRACTING, SENT), None, NOW)
    assert (after.phase, after.report_id, after.files) == (Phase.READY, "", (File("i1", "e1"),))


@pytest.mark.parametrize("phase", [*IN_HAND, Phase.RETRACTING])
def test_what_is_gone_begins_anew_later(phase: Phase) -> None:
    after = refused(report(phase, SENT), Refusal.GONE)
    assert (after.phase, after.report_id, after.files) == (Phase.READY, "", (File("i1", "e1"),))
    assert after.due_ms == NOW + FIRST_MS


@pytest.mark.parametrize("phase", [Phase.FINISHING, Phase.RETRACTING])
def test_what_is_finished_is_finished(phase: Phase) -> None:
    after = refused(report(phase, SENT), Refusal.ALREADY)
    assert (after.phase, after.report_id, after.finished_at_ms) == (Phase.FINISHED, "r1", NOW)


@pytest.mark.parametrize("phase", [Phase.UPLOADING, Phase.DESCRIBING, Phase.RETRACTING])
def test_what_somebody_else_finished_is_shown_to_a_person_who_can_end_it(phase: Phase) -> None:
    """Not all of our files were there: it was not we who did, or this ledger is an old copy."""
    one = refused(report(phase), Refusal.ALREADY)
    assert (one.phase, one.code, one.due_ms, one.moved) == (Phase.FAILED, 7, NEVER, True)
    assert "report r1 is finished" in one.problem
    again = MACHINE.moved(MACHINE.resumed(one, NOW), one.endpoint, NOW)
    assert (again.phase, again.moved) == (Phase.RETRACTING, False)
    assert MACHINE.parted(one, [Ended("i1", "r1", NOW, "Bob", "it is ours")], NOW).phase is Phase.FINISHED


def test_nothing_is_finished_before_it_is_opened() -> None:
    after = refused(report(Phase.SUBMITTING, report_id=""), Refusal.ALREADY)
    assert (after.phase, after.problem, after.moved) == (Phase.FAILED, "words", False)


@pytest.mark.parametrize("phase", [Phase.SUBMITTING, *IN_HAND, Phase.RETRACTING])
def test_what_will_never_work_is_shown_to_a_person_and_goes_on_when_asked(phase: Phase) -> None:
    one = report(phase, report_id="" if phase is Phase.SUBMITTING else "r1")
    after = refused(one, Refusal.TERMINAL)
    assert after.phase is Phase.FAILED
    again = MACHINE.resumed(after, NOW + 9)
    assert again.phase is (Phase.READY if phase is Phase.SUBMITTING else Phase.RETRACTING)
    assert (again.due_ms, again.tries) == (NOW + 9, 0)


def test_what_arrived_as_something_else_is_taken_back_and_begun_anew() -> None:
    one = refused(report(Phase.UPLOADING), Refusal.SPOILED)
    assert (one.phase, one.spoiled, one.due_ms) == (Phase.RETRACTING, 1, NOW + FIRST_MS)
    after = MACHINE.done(one, None, NOW)
    assert (after.phase, after.report_id, after.spoiled) == (Phase.READY, "", 1)


@pytest.mark.parametrize("answer", [None, Refusal.GONE])
def test_what_never_arrives_as_it_was_sent_is_taken_back_and_shown_to_a_person(answer: Refusal | None) -> None:
    one = refused(replace(report(Phase.UPLOADING), spoiled=MOST_SPOILED - 1), Refusal.SPOILED)
    after = MACHINE.done(one, None, NOW) if answer is None else refused(one, answer)
    assert (after.phase, after.report_id, after.due_ms) == (Phase.FAILED, "", NEVER)
    assert "held what was sent" in after.problem
    again = MACHINE.resumed(after, NOW)
    assert (again.phase, again.spoiled) == (Phase.READY, 0)


RELEASED = Ended("i1", who="Ada", why="no match")


def test_whom_a_person_releases_leaves_a_report_that_was_never_opened_at_once() -> None:
    one = MACHINE.parted(report(Phase.FAILED, report_id=""), [RELEASED], NOW)
    assert (one.phase, one.leaving, one.finished_at_ms, one.due_ms) == (Phase.DISSOLVED, (RELEASED,), NOW, NEVER)


@pytest.mark.parametrize("answer", [None, Refusal.GONE])
def test_nobody_leaves_a_report_before_it_is_known_not_to_be_filed(answer: Refusal | None) -> None:
    one = MACHINE.parted(report(Phase.FAILED, SENT), [RELEASED], NOW)
    assert (one.phase, one.due_ms) == (Phase.RETRACTING, NOW)
    after = MACHINE.done(one, None, NOW + 1) if answer is None else refused(one, answer)
    assert (after.phase, after.leaving, after.due_ms) == (Phase.DISSOLVED, (RELEASED,), NEVER)


def test_what_turns_out_to_be_filed_nobody_leaves() -> None:
    one = MACHINE.parted(report(Phase.FAILED, SENT), [RELEASED], NOW)
    after = refused(one, Refusal.ALREADY)
    assert (after.phase, after.report_id, after.leaving) == (Phase.FINISHED, "r1", ())


def test_who_leaves_leaves_although_taking_it_back_fails_for_a_while() -> None:
    one = refused(MACHINE.parted(report(Phase.FAILED, SENT), [RELEASED], NOW), Refusal.TERMINAL)
    assert (one.phase, one.leaving) == (Phase.FAILED, (RELEASED,))
    again = MACHINE.resumed(one, NOW)
    assert MACHINE.done(again, None, NOW).phase is Phase.DISSOLVED
    assert MACHINE.parted(one, [RELEASED, Ended("i2")], NOW).leaving == (RELEASED, Ended("i2"))


def test_the_vaults_word_ends_a_report_or_takes_it_apart() -> None:
    one = report(Phase.OPEN, SENT)
    own = MACHINE.parted(one, [Ended("i1", "r1", NOW - 9)], NOW)
    assert (own.phase, own.report_id, own.finished_at_ms) == (Phase.FINISHED, "r1", NOW - 9)
    assert MACHINE.parted(one, [Ended("i1", "r2", NOW - 9)], NOW).phase is Phase.RETRACTING
    unopened = MACHINE.parted(report(Phase.READY, report_id=""), [Ended("i1", "r2", NOW - 9)], NOW)
    assert unopened.phase is Phase.DISSOLVED


@pytest.mark.parametrize("phase", [Phase.OPEN, Phase.UPLOADING, Phase.DESCRIBING, Phase.RETRACTING])
def test_what_is_open_elsewhere_is_left_there_and_begun_anew(phase: Phase) -> None:
    one = replace(report(phase, SENT, File("i1", "e2", "f2")), endpoint="there")
    assert MACHINE.moved(one, "there", NOW) == one
    after = MACHINE.moved(one, "here", NOW)
    assert (after.phase, after.report_id, after.endpoint, after.due_ms) == (Phase.READY, "", "", NOW)
    assert after.files == (File("i1", "e1"), File("i1", "e2"))


@pytest.mark.parametrize("phase", [Phase.FINISHING, Phase.RETRACTING])
def test_what_may_be_finished_elsewhere_a_person_must_see_to(phase: Phase) -> None:
    one = replace(report(phase, SENT), endpoint="there")
    after = MACHINE.moved(one, "here", NOW)
    assert (after.phase, after.report_id, after.endpoint, after.due_ms) == (Phase.FAILED, "r1", "there", NEVER)
    assert all(word in after.problem for word in ("r1", "there", "here"))
    resumed = MACHINE.resumed(after, NOW)
    assert MACHINE.moved(resumed, "here", NOW).phase is Phase.READY
    # The old address is back: it can be asked.
    back = MACHINE.moved(resumed, "there", NOW)
    assert (back.phase, back.report_id, back.moved) == (Phase.RETRACTING, "r1", False)
    # Somebody has looked, and it was.
    filed = MACHINE.parted(after, [Ended("i1", "r1", NOW)], NOW)
    assert (filed.phase, filed.report_id, filed.endpoint) == (Phase.FINISHED, "r1", "there")


def test_what_has_no_id_is_nowhere() -> None:
    for phase in (Phase.READY, Phase.SUBMITTING):
        one = replace(report(phase, report_id=""), endpoint="there")
        assert MACHINE.moved(one, "here", NOW) == one
    assert MACHINE.begun(report(report_id=""), NOW, "here").endpoint == "here"


def test_a_person_hurries_whom_nobody_is_at() -> None:
    claimed = replace(report(Phase.UPLOADING), due_ms=NOW + LEASE_MS)
    assert MACHINE.hurried(claimed, NOW) is None
    assert MACHINE.hurried(claimed, NOW + ALIVE_MS - 1) is None
    late = NOW + ALIVE_MS
    assert MACHINE.hurried(claimed, late) == replace(claimed, due_ms=late)
    put_off = replace(report(Phase.READY), due_ms=NOW + MOST_MS)
    assert MACHINE.hurried(put_off, NOW) == replace(put_off, due_ms=NOW)
    asked = replace(report(Phase.RETRACTING), tries=99)
    late_again = MACHINE.refused(asked, TiplineError(Refusal.RETRY, 0, "no answer"), NOW)
    assert MACHINE.hurried(late_again, NOW) == replace(late_again, due_ms=NOW)
    for due in (NOW, NEVER):
        assert MACHINE.hurried(replace(claimed, due_ms=due), NOW) is None


def test_only_what_has_failed_is_resumed() -> None:
    with pytest.raises(TerminalError, match="nothing has failed"):
        MACHINE.resumed(report(Phase.OPEN), NOW)


def test_an_answer_to_another_call_is_none() -> None:
    with pytest.raises(TerminalError):
        MACHINE.done(report(Phase.SUBMITTING), Finished(()), NOW)


@pytest.mark.parametrize(
    ("opened", "touched", "expires"),
    [(0, 0, OPEN_MS), (0, OPEN_MS - 1, OPEN_MS - 1 + IDLE_MS), (0, IDLE_MS, OPEN_MS)],
)
def test_a_report_that_is_about_to_expire_is_opened_anew(opened: int, touched: int, expires: int) -> None:
    one = replace(report(Phase.OPEN), opened_at_ms=opened, touched_at_ms=touched)
    assert MACHINE.begun(one, expires - MARGIN_MS - 1).phase is Phase.UPLOADING
    assert MACHINE.begun(one, expires - MARGIN_MS).phase is Phase.RETRACTING


def test_every_change_counts_as_one() -> None:
    for phase, answer in ((Phase.UPLOADING, Uploaded("f", "")), (Phase.DESCRIBING, None)):
        assert MACHINE.done(report(phase), answer, NOW + 5).touched_at_ms == NOW + 5


def test_waits_grow_and_have_an_end() -> None:
    assert [wait_ms(tries) for tries in (0, 1, 2, 100)] == [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, MOST_MS]
    late = MACHINE.put_off(replace(report(), tries=100), "words", NOW)
    assert (late.tries, late.problem, late.due_ms) == (101, "words", NOW + MOST_MS)


def test_a_claim_from_before_the_clock_was_put_back_is_overtaken() -> None:
    claimed = replace(report(Phase.UPLOADING), due_ms=NOW + LEASE_MS)
    # Clocks of two machines are never the same.
    assert MACHINE.hurried(claimed, NOW - ALIVE_MS) is None
    before = NOW - 24 * 3_600_000
    assert MACHINE.hurried(claimed, before) == replace(claimed, due_ms=before)

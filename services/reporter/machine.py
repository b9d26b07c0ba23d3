"""How a report goes on after each call, after each error, and after a death. Pure.

Three rules make each report exactly one:

1. Before a call that changes something, the ledger says that it will be made. Afterwards it says what came of it.
2. Who does not know whether a call was made takes the report back, and learns by that whether it was finished. Only
   what was taken back or has expired is submitted again. A report whose submission gave no answer has an id that
   nobody knows, so nobody can finish it: it expires at the tip line.
3. The ledger takes no word from who has been overtaken (`version`). What such a one still does there, is done to a
   report that was taken back.

A report that some incidents leave follows the second rule, too: it is dissolved only once it was taken back or has
expired, and before that nobody can report its incidents elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reporter.backoff import LEASE_MS, NEVER, wait_ms
from reporter.incident import Ended
from reporter.ports import Finished, Refusal, Submitted, TiplineError, Uploaded
from reporter.report import File, Phase, Report
from sluice.errors import TerminalError

OPEN_MS: Final = 24 * 3_600_000
IDLE_MS: Final = 3_600_000
"""An unfinished report is deleted that long after it was opened or after its last change, whichever is later."""
MARGIN_MS: Final = 10 * 60_000
"""A report that has less than this left is opened anew."""
ALIVE_MS: Final = 60_000
"""Who has written nothing about a report for that long may be dead. Most calls are answered sooner."""
MOST_SPOILED: Final = 5
"""After so many reports that did not hold what was sent a person should look where it is changed."""

Answer = Submitted | Uploaded | Finished | None


class Machine:
    """The rules. It keeps nothing."""

    def recovered(self, report: Report) -> Report:
        """A report that somebody else was at, and did not end: what was under way may or may not have been done."""
        match report.phase:
            case Phase.SUBMITTING:
                return replace(report, phase=Phase.READY)
            case Phase.UPLOADING | Phase.DESCRIBING | Phase.FINISHING:
                return replace(report, phase=Phase.RETRACTING)
            case _:
                return report

    def moved(self, report: Report, endpoint: str, now: int) -> Report:
        """What is to become of a report when reports go to `endpoint`: what is open elsewhere is left there, where it
        expires. Whether it was finished there nobody can be asked from here: a person is."""
        if not report.report_id or report.endpoint == endpoint:
            return replace(report, moved=False)
        doubt = report.phase in {Phase.FINISHING, Phase.RETRACTING} and report.place() == len(report.files)
        if not doubt or report.moved:
            return _anew(report, now, now)
        problem = (
            f"report {report.report_id} may have been finished at {report.endpoint}, but reports go to {endpoint} "
            "now: ask there. If it was, say so (`sluice incidents filed`); otherwise trying again sends another one"
        )
        return replace(report, phase=Phase.FAILED, moved=True, code=0, problem=problem, due_ms=NEVER)

    def hurried(self, report: Report, now: int) -> Report | None:
        """A person wants it to go on. Whoever has claimed it, and was at it within the last minute, is left alone:
        None. Anybody else may be dead, and is overtaken; so is a claim of a time that has not come yet, from before
        the clock was put back."""
        calling = report.phase not in {Phase.READY, Phase.OPEN}
        claimed_before = now + LEASE_MS - report.due_ms
        if report.due_ms <= now or report.due_ms == NEVER or (calling and -ALIVE_MS <= claimed_before < ALIVE_MS):
            return None
        return replace(report, due_ms=now)

    def begun(self, report: Report, now: int, endpoint: str = "") -> Report:
        """What is to be written down before the next call. Its phase names the call. `endpoint`: where it goes."""
        report = replace(report, due_ms=now + LEASE_MS)
        match report.phase:
            case Phase.READY:
                return replace(report, phase=Phase.SUBMITTING, attempts=report.attempts + 1, endpoint=endpoint)
            case Phase.OPEN if self._expires(report, now):
                return replace(report, phase=Phase.RETRACTING)
            case Phase.OPEN:
                return replace(report, phase=self._next(report))
            case _:
                return report

    def done(self, report: Report, answer: Answer, now: int) -> Report:
        """The call that `report.phase` names was answered. TerminalError for the answer to another one."""
        report = replace(report, touched_at_ms=now, due_ms=now + LEASE_MS)
        match report.phase, answer:
            case Phase.SUBMITTING, Submitted(report_id):
                return replace(report, phase=Phase.OPEN, report_id=report_id, opened_at_ms=now)
            case Phase.UPLOADING, Uploaded(file_id):
                return replace(_with_file(report, report.place(), file_id, False), phase=Phase.OPEN)
            case Phase.DESCRIBING, None:
                at = report.place()
                return replace(_with_file(report, at, report.files[at].file_id, True), phase=Phase.OPEN)
            case Phase.FINISHING, Finished():
                return _finished(report, now)
            case Phase.RETRACTING, None:
                return _anew(report, now, now)
            case _:
                raise TerminalError(f"report {report.number}: no answer to {report.phase}")

    def refused(self, report: Report, error: TiplineError, now: int) -> Report:
        """The call that `report.phase` names went wrong, or perhaps did."""
        later = replace(
            report,
            code=error.code,
            problem=error.words,
            tries=report.tries + 1,
            due_ms=now + wait_ms(report.tries),
        )
        match report.phase, error.kind:
            case Phase.SUBMITTING, Refusal.RETRY:
                return replace(later, phase=Phase.READY)
            case _, Refusal.RETRY:
                return replace(later, phase=Phase.RETRACTING)
            case Phase.UPLOADING, Refusal.SPOILED:
                return replace(later, phase=Phase.RETRACTING, spoiled=report.spoiled + 1)
            case ((Phase.UPLOADING | Phase.DESCRIBING | Phase.FINISHING | Phase.RETRACTING), Refusal.GONE):
                return _anew(later, now, later.due_ms)
            case ((Phase.FINISHING | Phase.RETRACTING), Refusal.ALREADY) if report.place() == len(report.files):
                # Nobody but us has its id, and all of it was there: it was we who finished it.
                return _finished(report, now)
            case _, Refusal.ALREADY if report.report_id:
                # Not by us, as far as this ledger knows, which may be an old copy.
                problem = (
                    f"report {report.report_id} is finished, and the ledger does not have that all of it was there: "
                    "ask the tip line. If it is ours, say so (`sluice incidents filed` with that number)"
                )
                return replace(later, phase=Phase.FAILED, moved=True, problem=problem, due_ms=NEVER)
            case _:
                return replace(later, phase=Phase.FAILED, due_ms=NEVER)

    def put_off(self, report: Report, problem: str, now: int) -> Report:
        """Nothing was called: what a call needs could not be had now."""
        return replace(report, problem=problem, tries=report.tries + 1, due_ms=now + wait_ms(report.tries))

    def failed(self, report: Report, problem: str) -> Report:
        """Nothing was called: what a call needs cannot be had."""
        return replace(report, phase=Phase.FAILED, problem=problem, due_ms=NEVER)

    def resumed(self, report: Report, now: int) -> Report:
        """A person wants it tried again. TerminalError unless it has failed."""
        if report.phase is not Phase.FAILED:
            raise TerminalError(f"report {report.number} is {report.phase}: nothing has failed")
        phase = Phase.RETRACTING if report.report_id else Phase.READY
        return replace(report, phase=phase, tries=0, spoiled=0, due_ms=now)

    def parted(self, report: Report, ended: Sequence[Ended], now: int) -> Report:
        """Some of its incidents ended otherwise: a person released them, or the vault knows of a report about them.

        `report`: one that has failed, or was claimed and is not between a call and its answer.
        """
        own = next((one for one in ended if report.report_id and one.report_id == report.report_id), None)
        if own is not None:
            return _finished(report, own.at_ms)
        known = {one.incident_id for one in report.leaving}
        leaving = (*report.leaving, *(one for one in ended if one.incident_id not in known))
        report = replace(report, leaving=leaving, tries=0, due_ms=now)
        return replace(report, phase=Phase.RETRACTING) if report.report_id else _dissolved(report, now)

    def _next(self, report: Report) -> Phase:
        at = report.place()
        if at == len(report.files):
            return Phase.FINISHING
        return Phase.DESCRIBING if report.files[at].file_id else Phase.UPLOADING

    def _expires(self, report: Report, now: int) -> bool:
        return now + MARGIN_MS >= max(report.opened_at_ms + OPEN_MS, report.touched_at_ms + IDLE_MS)


def _with_file(report: Report, at: int, file_id: str, described: bool) -> Report:
    changed = replace(report.files[at], file_id=file_id, described=described)
    return replace(report, files=(*report.files[:at], changed, *report.files[at + 1 :]))


def _finished(report: Report, at_ms: int) -> Report:
    """Of whom leaves it, too: what is filed cannot be changed."""
    return replace(report, phase=Phase.FINISHED, finished_at_ms=at_ms, due_ms=NEVER, code=0, problem="", leaving=())


def _dissolved(report: Report, now: int) -> Report:
    return replace(report, phase=Phase.DISSOLVED, finished_at_ms=now, due_ms=NEVER)


def _anew(report: Report, now: int, due_ms: int) -> Report:
    """Nothing is open any more."""
    if report.leaving:
        return _dissolved(report, now)
    files = tuple(File(one.incident_id, one.evidence_id) for one in report.files)
    empty = replace(report, report_id="", endpoint="", moved=False, files=files, opened_at_ms=0, touched_at_ms=0)
    if report.spoiled < MOST_SPOILED:
        return replace(empty, phase=Phase.READY, due_ms=due_ms)
    problem = f"of {report.spoiled} reports none held what was sent: is there something on the way that changes it?"
    return replace(empty, phase=Phase.FAILED, problem=problem, due_ms=NEVER)

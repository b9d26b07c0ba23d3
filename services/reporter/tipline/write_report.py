"""The `<report>` document: pure, in the order of report.cybertip.org/ispws/documentation, report."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from reporter.tipline.facts import Account, Happening, IpCapture, Person, Prompt, Reporter, ReportFacts
from reporter.tipline.xml_write import add, add_known, clip, document, root, written
from sluice.errors import TerminalError

INCIDENT_TYPE: Final = "Child Pornography (possession, manufacture, and distribution)"
"""The schema's own term for what a known-content match is."""
_TEST: Final = "TEST. Every match is of a test list: nothing real was found, and nobody is to act on this report."
_MOST_PROSE: Final = 3000
MOST_INFO: Final = 20_000
"""Ours: the documentation gives no limit."""
_MOST_NOTE: Final = 200
_FILES: Final = "What is said of each file names its incident and request."


def report_document(facts: ReportFacts, now: datetime) -> bytes:
    """The document to submit. `now`: no incident is later, whatever a clock elsewhere said: such reports are refused.

    Raises TerminalError where nothing happened, or a time has no zone.
    """
    happenings = sorted(facts.happenings, key=_when)
    if not happenings:
        raise TerminalError("a report of no incident")
    element = root("report")
    _summary(element, facts, happenings, now)
    if facts.urls:
        page = add(add(element, "internetDetails"), "webPageIncident")
        for url in facts.urls:
            add(page, "url", url)
    _reporter(element, facts.reporter)
    if facts.account is not None:
        _account(element, facts.account, facts.reporter.service)
    add(element, "additionalInfo", clip("\n".join(_fitting(_lines(facts, happenings))), MOST_INFO))
    return document(element)


def _when(happening: Happening) -> datetime:
    if happening.at.tzinfo is None:
        raise TerminalError(f"incident {happening.id}: a time without a zone")
    return happening.at


def _summary(parent: Element, facts: ReportFacts, happenings: Sequence[Happening], now: datetime) -> None:
    first, last = min(happenings[0].at, now), min(happenings[-1].at, now)
    summary = add(parent, "incidentSummary")
    words = []
    if len(happenings) > 1:
        words.append(f"{len(happenings)} incidents of one account; the first is given, the last was {written(last)}.")
    if happenings[0].recorded:
        words.append("When it happened is not known: this is when it was recorded.")
    add_known(
        summary,
        {
            "incidentType": INCIDENT_TYPE,
            "platform": clip(facts.reporter.service, 256),
            "escalateToHighPriority": clip(facts.urgent, _MOST_PROSE),
            "incidentDateTime": first,
            "incidentDateTimeDescription": " ".join(words),
        },
    )


def _reporter(parent: Element, reporter: Reporter) -> None:
    element = add(parent, "reporter")
    person(add(element, "reportingPerson"), reporter.person)
    if reporter.contact is not None:
        person(add(element, "contactPerson"), reporter.contact)
    add_known(
        element,
        {
            "companyTemplate": reporter.company_template,
            "termsOfService": clip(reporter.terms_of_service, _MOST_PROSE),
            "legalURL": reporter.legal_url,
        },
    )


def person(element: Element, who: Person) -> None:
    """Name, phone and mail address, as far as they are known."""
    values = {"firstName": who.first_name, "lastName": who.last_name, "phone": who.phone, "email": who.email}
    add_known(element, values)


def _account(parent: Element, account: Account, service: str) -> None:
    element = add(parent, "personOrUserReported")
    if account.emails:
        who = add(element, "personOrUserReportedPerson")
        for email in account.emails:
            verified = None if email.verified is None else ("true" if email.verified else "false")
            add(who, "email", email.address, verified=verified)
    # An id is never cut short: where it is too long, the schema's check says so, and a person decides.
    add_known(
        element, {"espIdentifier": account.id, "espService": clip(service, 100), "screenName": account.screen_name}
    )
    for name in account.display_names:
        add(element, "displayName", clip(name, 256))
    for url in account.profile_urls:
        add(element, "profileUrl", url)
    for one in account.captures:
        capture(element, one)
    for report_id in account.prior_reports:
        add(element, "priorCTReports", report_id)
    if account.disabled is not None:
        disabled = account.disabled
        told = None if disabled.user_notified is None else ("true" if disabled.user_notified else "false")
        name = "accountPermanentlyDisabled" if disabled.permanent else "accountTemporarilyDisabled"
        add(element, name, text=True, disabledDate=written(disabled.at), userNotified=told)
    add_known(element, {"additionalInfo": clip(account.info, MOST_INFO)})


def capture(parent: Element, one: IpCapture) -> None:
    """An address with what is known of it."""
    add_known(
        add(parent, "ipCaptureEvent"),
        {
            "ipAddress": one.address,
            "eventName": one.event.value,
            "dateTime": one.at,
            "possibleProxy": one.possible_proxy,
            "port": one.port,
        },
    )


def _lines(facts: ReportFacts, happenings: Sequence[Happening]) -> list[str]:
    lines = [_TEST] if facts.test else []
    lines.append("Sent by an automated system of an image generator, which found known content by its hash.")
    lines += [f"Incident {one.id}, {', '.join(_words(one))}." for one in happenings]
    # Behind all incidents: where it is too much, it is these that are left out.
    for one in happenings:
        lines += [line for prompt in one.prompts for line in _prompt(one, prompt)]
    return [*lines, facts.info] if facts.info else lines


def _fitting(lines: Sequence[str]) -> list[str]:
    """Whole lines alone, and how many are left out: nobody is to take a part for the whole."""
    if sum(len(line) + 1 for line in lines) <= MOST_INFO:
        return list(lines)
    found: list[str] = []
    room = MOST_INFO - _MOST_NOTE
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        found.append(line)
    return [*found, f"{len(lines) - len(found)} more lines are left out here: ask for them. {_FILES}"]


def _words(one: Happening) -> Iterator[str]:
    yield f"request {one.request_id}"
    if one.generation_id:
        yield f"generation {one.generation_id}"
    yield f"recorded {written(one.at)}, time of the request not known" if one.recorded else written(one.at)
    if one.stage:
        yield f"met at {one.stage}"
    if one.rule:
        yield f"rule {one.rule}"


def _prompt(one: Happening, prompt: Prompt) -> Iterator[str]:
    digest = f", SHA-256 {prompt.sha256}" if prompt.sha256 else ""
    yield f"Incident {one.id}: the service finds what it has kept of the {prompt.kind} by {prompt.reference}{digest}."
    if prompt.text:
        yield f"The {prompt.kind}: {prompt.text}"

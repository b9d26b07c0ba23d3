"""The `<report>` document: pure, in the order of report.cybertip.org/ispws/documentation, report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from reporter.tipline.facts import Account, Happening, IpCapture, Person, Prompt, Reporter, ReportFacts
from reporter.tipline.xml_write import add, add_known, clip, document, root, written
from sluice.errors import TerminalError

INCIDENT_TYPE: Final = "Child Pornography (possession, manufacture, and distribution)"
"""The schema's own term for what a known-content match is."""
_MOST_PROSE: Final = 3000
_MOST_INFO: Final = 20_000
"""Ours: the documentation gives no limit."""


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
    add(element, "additionalInfo", clip("\n".join(_lines(facts, happenings)), _MOST_INFO))
    return document(element)


def _when(happening: Happening) -> datetime:
    if happening.at.tzinfo is None:
        raise TerminalError(f"incident {happening.id}: a time without a zone")
    return happening.at


def _summary(parent: Element, facts: ReportFacts, happenings: Sequence[Happening], now: datetime) -> None:
    first, last = min(happenings[0].at, now), min(happenings[-1].at, now)
    summary = add(parent, "incidentSummary")
    description = ""
    if len(happenings) > 1:
        description = f"{len(happenings)} incidents of one account; the first is given, the last was {written(last)}."
    add_known(
        summary,
        {
            "incidentType": INCIDENT_TYPE,
            "platform": clip(facts.reporter.service, 256),
            "escalateToHighPriority": clip(facts.urgent, _MOST_PROSE),
            "incidentDateTime": first,
            "incidentDateTimeDescription": description,
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
    add_known(element, {"additionalInfo": clip(account.info, _MOST_INFO)})


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
    lines = ["Sent by an automated system of an image generator, which found known content by its hash."]
    for one in happenings:
        words = [f"Incident {one.id}", f"request {one.request_id}", written(one.at)]
        words += [f"met at {one.stage}"] if one.stage else []
        words += [f"rule {one.rule}"] if one.rule else []
        lines.append(", ".join(words) + ".")
        if one.prompt is not None:
            lines.extend(_prompt(one.prompt))
    return [*lines, facts.info] if facts.info else lines


def _prompt(prompt: Prompt) -> list[str]:
    digest = f", SHA-256 {prompt.sha256}" if prompt.sha256 else ""
    lines = [f"The prompt is preserved as {prompt.reference}{digest}."]
    if prompt.text:
        lines.append(f"The prompt: {prompt.text}")
    return lines

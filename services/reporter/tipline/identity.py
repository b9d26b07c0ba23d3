"""Who reports: the company's own words, read once from the environment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from reporter.tipline.facts import Happening, Person, Reporter, ReportFacts
from reporter.tipline.schema import load_schema, problems_of
from reporter.tipline.write_report import report_document
from reporter.tipline.xml_write import legal
from reporter.tipline.xsd_model import Schema
from sluice.settings import Reader

_FIRST: Final = "SLUICE_REPORTER_FIRST_NAME"
_LAST: Final = "SLUICE_REPORTER_LAST_NAME"
_EMAIL: Final = "SLUICE_REPORTER_EMAIL"
_SERVICE: Final = "SLUICE_REPORTER_SERVICE"
_PHONE: Final = "SLUICE_REPORTER_PHONE"
_CONTACT: Final = "SLUICE_REPORTER_CONTACT_EMAIL"
_TEMPLATE: Final = "SLUICE_REPORTER_COMPANY_TEMPLATE"
_TERMS: Final = "SLUICE_REPORTER_TERMS"
_LEGAL: Final = "SLUICE_REPORTER_LEGAL_URL"
_NEEDED: Final = (_FIRST, _LAST, _EMAIL, _SERVICE)
_MORE: Final = (_PHONE, _CONTACT, _TEMPLATE, _TERMS, _LEGAL)
_MOST_SERVICE: Final = 100
"""Characters: of `espService`, the shortest place that it goes to."""
_WHEN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def read_reporter(env: Reader) -> Reporter:
    """The four that a report cannot do without, and what else is set. What is missing, or could stand in no report,
    the reader is told, by name and never by value."""
    found = {name: env.text(name) for name in _NEEDED} | {name: env.text(name, "") for name in _MORE}
    schema = load_schema()
    for name, value in found.items():
        if value and not _fits(name, value, schema):
            env.problem(f"{name} could stand in no report: it is too long, or has characters that it should not have")
    return _reporter(found)


def _reporter(words: Mapping[str, str]) -> Reporter:
    contact = Person(email=words[_CONTACT]) if words.get(_CONTACT) else None
    return Reporter(
        Person(words[_FIRST], words[_LAST], words[_EMAIL], words.get(_PHONE, "")),
        contact,
        words.get(_TEMPLATE, ""),
        words.get(_TERMS, ""),
        words.get(_LEGAL, ""),
        words[_SERVICE],
    )


def _fits(name: str, value: str, schema: Schema) -> bool:
    """Whether a report that is made up but for this is valid: otherwise every one would be refused, and nobody would
    see that before there is one to send."""
    if legal(value) != value or not value.strip() or (name == _SERVICE and len(value) > _MOST_SERVICE):
        return False
    facts = ReportFacts(_reporter({**dict.fromkeys(_NEEDED, "x"), name: value}), None, [Happening("x", "x", _WHEN)])
    return not problems_of(schema, report_document(facts, _WHEN), "report")

"""Who reports: the company's own words, read once from the environment."""

from typing import Final

from reporter.tipline.facts import Person, Reporter
from sluice.settings import Reader

_NAMES: Final = (
    "SLUICE_REPORTER_FIRST_NAME",
    "SLUICE_REPORTER_LAST_NAME",
    "SLUICE_REPORTER_EMAIL",
    "SLUICE_REPORTER_SERVICE",
)


def read_reporter(env: Reader) -> Reporter:
    """The four that a report cannot do without, and what else is set. What is missing the reader is told, by name."""
    first, last, email, service = (env.text(name) for name in _NAMES)
    phone = env.text("SLUICE_REPORTER_PHONE", "")
    contact_email = env.text("SLUICE_REPORTER_CONTACT_EMAIL", "")
    contact = Person(email=contact_email) if contact_email else None
    return Reporter(
        Person(first, last, email, phone),
        contact,
        env.text("SLUICE_REPORTER_COMPANY_TEMPLATE", ""),
        env.text("SLUICE_REPORTER_TERMS", ""),
        env.text("SLUICE_REPORTER_LEGAL_URL", ""),
        service,
    )

"""Incidents for tests of the reporter."""

from dataclasses import replace

from reporter.incident import Filed, filed, preserved
from tests.unit.reporter_world import an_incident

NOW = 1_000_000
PICTURE = b"a picture"


def new(number: int = 1, account: str = "a", test: bool = False) -> Filed:
    """One that was just taken in."""
    return filed(an_incident(number, [PICTURE], account, test), NOW)


def confirmed(number: int = 1, account: str = "a", test: bool = False, at: int = NOW, evidence: str = "") -> Filed:
    """One that is to be reported since `at`."""
    one = preserved(new(number, account, test), (evidence or f"e{number}",), False, at, 0)
    return replace(one, purged=True)

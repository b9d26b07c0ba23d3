"""What callers of the door may ask for. Pure; whatever may not be is INVALID_ARGUMENT."""

import re
from collections.abc import Collection, Sequence
from typing import Final

import grpc

from reporter.incident import Standing
from reporter.told import STATES
from sluice.host.refusal import RefusalError
from sluice.v1 import reporter_pb2

MOST_ID: Final = 128
MOST_WHO: Final = 200
_REPORT_ID: Final = re.compile("[0-9]{1,19}")
_MOST_REPORT: Final = (1 << 63) - 1
"""The next report about the account names it, as a number of 64 bits."""
MOST_WHY: Final = 4000
DEFAULT_LIMIT: Final = 100
MOST_LIMIT: Final = 1000


def is_id(text: str) -> bool:
    """Whether a person can name an incident so: `id_of` takes it as it is."""
    return text == text.strip() and _is_line(text, MOST_ID)


def id_of(text: str) -> str:
    """An incident's id: 1 to 128 characters."""
    return _text("incident_id", text, MOST_ID)


def report_id_of(text: str) -> str:
    """A tip line's id of a report: a whole number. What is none would make every later report about the account
    invalid."""
    found = text.strip()
    if not _REPORT_ID.fullmatch(found) or int(found) > _MOST_REPORT:
        raise _refused("report_id should be a number, as the tip line gave it")
    return found


def after_of(text: str) -> str:
    """The id of an incident behind which a list begins; empty: at the first."""
    return _text("after", text, MOST_ID) if text else ""


def who_of(text: str) -> str:
    """A person: 1 to 200 characters."""
    return _text("who", text, MOST_WHO)


def why_of(text: str) -> str:
    """A reason: 1 to 4000 characters; lines may end."""
    return _text("why", text, MOST_WHY, "\n")


def states_of(states: Sequence[reporter_pb2.IncidentState.ValueType]) -> Collection[Standing]:
    """None is all of them."""
    known = {number: standing for standing, number in STATES.items()}
    unknown = [number for number in states if number not in known]
    if unknown:
        raise _refused(f"states: there is no state {unknown[0]}")
    return {known[number] for number in states} or set(Standing)


def limit_of(limit: int) -> int:
    """0 is the default; at most 1000 are told at once."""
    return min(limit or DEFAULT_LIMIT, MOST_LIMIT)


def _text(name: str, text: str, most: int, also: str = "") -> str:
    found = text.strip()
    # What cannot be printed has no place in a ledger that people read, and some databases refuse it.
    if not _is_line(found, most, also):
        raise _refused(f"{name} should be 1 to {most} characters that can be printed")
    return found


def _is_line(text: str, most: int, also: str = "") -> bool:
    return 0 < len(text) <= most and all(each.isprintable() or each in also for each in text)


def _refused(words: str) -> RefusalError:
    return RefusalError(grpc.StatusCode.INVALID_ARGUMENT, words)

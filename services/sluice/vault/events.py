"""What happens to evidence. Each event is one sealed record, written once; their order is their number."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sluice.vault.facts import Facts


class Cause(StrEnum):
    """Why evidence is destroyed."""

    EXPIRED = "expired"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Kept:
    """An incident's original is in the vault; the bytes may have been there before."""

    at_ms: int
    who: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Reported:
    """The report on an incident is finished. `reported_at_ms`: when; the year begins then."""

    at_ms: int
    who: str
    incident_id: str
    report_id: str
    reported_at_ms: int


@dataclass(frozen=True, slots=True)
class Held:
    """A legal hold, by name. `until_ms`: 0 where it has no end."""

    at_ms: int
    who: str
    why: str
    hold: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class ReleaseAsked:
    """The first of two people wants a hold lifted; `hold` empty: the evidence destroyed."""

    at_ms: int
    who: str
    why: str
    hold: str


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """The second did, too. `first`: who asked."""

    at_ms: int
    who: str
    why: str
    hold: str
    first: str


@dataclass(frozen=True, slots=True)
class Destroying:
    """The last event there is. `first`: who asked, where two people released it."""

    at_ms: int
    who: str
    why: str
    cause: Cause
    first: str


Event = Kept | Reported | Held | ReleaseAsked | HoldLifted | Destroying

_KINDS: dict[str, type[Event]] = {
    "kept": Kept,
    "reported": Reported,
    "held": Held,
    "release-asked": ReleaseAsked,
    "hold-lifted": HoldLifted,
    "destroying": Destroying,
}


def action(event: Event) -> str:
    """Its name, which the audit log uses too."""
    return next(name for name, kind in _KINDS.items() if type(event) is kind)


def why(event: Event) -> str:
    """For the audit log; of what no person did, empty, or the report's id."""
    match event:
        case Kept():
            return f"incident {event.facts.incident_id}"[:200]
        case Reported():
            return f"report {event.report_id} of incident {event.incident_id}"[:200]
        case Destroying():
            return f"{event.cause}: {event.why}"
        case HoldLifted():
            return f"hold {event.hold}, {event.first} first: {event.why}"
        case Held() | ReleaseAsked():
            return f"hold {event.hold}: {event.why}" if event.hold else event.why


def encode(event: Event) -> bytes:
    """As it is sealed."""
    return json.dumps({"event": action(event), **asdict(event)}, sort_keys=True).encode()


def decode(data: bytes) -> Event:
    """Raises ValueError for anything else."""
    form: Any = json.loads(data)
    kind = _KINDS.get(form.pop("event", "")) if isinstance(form, dict) else None
    if kind is None or form.keys() != kind.__dataclass_fields__.keys():
        raise ValueError("no event")
    for name, value in form.items():
        if name != "facts" and type(value) is not (int if name.endswith("_ms") else str):
            raise ValueError("a field of another kind")
    if "facts" in form:
        form["facts"] = Facts.of_form(form["facts"])
    if "cause" in form:
        form["cause"] = Cause(form["cause"])
    return kind(**form)

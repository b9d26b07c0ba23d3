"""What is known about a report, before it is a document. None of these has a repr: they hold personal data.

A fact that nobody knows is left empty, and then no element is written: a guess would be worse than nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventName(StrEnum):
    """On what occasion an address was seen. The words are the schema's."""

    LOGIN = "Login"
    REGISTRATION = "Registration"
    PURCHASE = "Purchase"
    UPLOAD = "Upload"
    OTHER = "Other"
    UNKNOWN = "Unknown"


class Classification(StrEnum):
    """The industry's classes of content: the letter is the apparent age, the digit what is shown. Only a person who
    has looked, or a list whose entry says so, gives one."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Who reports, or who may be asked about a report."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Reporter:
    """The company that reports."""

    person: Person
    contact: Person | None = None
    """Whom investigators ask, where it is somebody else."""
    company_template: str = ""
    terms_of_service: str = ""
    legal_url: str = ""
    """Where legal process is told how to be served."""
    service: str = ""
    """The product that the incident happened in; at most 100 characters."""


@dataclass(frozen=True, slots=True, repr=False)
class IpCapture:
    """An address, and when it was seen."""

    address: str
    event: EventName = EventName.UNKNOWN
    at: datetime | None = None
    possible_proxy: bool | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Email:
    """An address of an account. `verified`: None where nobody knows."""

    address: str
    verified: bool | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Disabled:
    """The account was closed: for good, or for a time."""

    at: datetime
    permanent: bool
    user_notified: bool | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """Whom the report is about."""

    id: str
    """In the reporter's system; at most 255 characters. Empty where `info` tells it."""
    screen_name: str = ""
    display_names: Sequence[str] = ()
    profile_urls: Sequence[str] = ()
    emails: Sequence[Email] = ()
    captures: Sequence[IpCapture] = ()
    prior_reports: Sequence[str] = ()
    """Ids of finished reports about the same account. A finished report cannot be amended, only named in the next."""
    disabled: Disabled | None = None
    info: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Prompt:
    """What was asked of the generator, or said to it."""

    reference: str
    """Under which the service finds what it has kept of it: an id that legal process can name."""
    sha256: str = ""
    """Hexadecimal."""
    kind: str = "prompt"
    text: str = ""
    """Only where whoever runs the reporter has decided that the words themselves are reported."""


@dataclass(frozen=True, slots=True, repr=False)
class Match:
    """Why a file is reported. `distance`: bits, of a perceptual hash; None for an exact one."""

    list: str
    entry: str
    algorithm: str
    distance: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Happening:
    """One incident. `at`: with a time zone."""

    id: str
    request_id: str
    at: datetime
    stage: str = ""
    """Where it was met, in our words."""
    rule: str = ""
    generation_id: str = ""
    prompts: Sequence[Prompt] = ()
    recorded: bool = False
    """Nobody knows when it happened: `at` is when it was recorded."""


@dataclass(frozen=True, slots=True, repr=False)
class ReportFacts:
    """One report: everything about one account that is reported together."""

    reporter: Reporter
    account: Account | None
    happenings: Sequence[Happening]
    """At least one."""
    urls: Sequence[str] = ()
    """Pages that the incident happened on."""
    urgent: str = ""
    """Why this cannot wait. Only a person says so: it escalates the report."""
    info: str = ""
    test: bool = False
    """Every match is of a test list: nothing real was found."""


@dataclass(frozen=True, slots=True, repr=False)
class FileFacts:
    """One file of a report. Digests are hexadecimal."""

    generated: bool
    """Made by the generator, rather than given to it."""
    name: str = ""
    """That the file had before it came to us."""
    viewed: bool = False
    """Somebody looked at the whole file, rather than at a blurred or a small copy of it."""
    metadata_viewed: bool = False
    uploaded_at: datetime | None = None
    public: bool | None = None
    """Whether everybody could see it."""
    supplemental: bool = False
    """It shows the circumstances; it is not what is reported."""
    classification: Classification | None = None
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    matches: Sequence[Match] = ()
    capture: IpCapture | None = None
    info: Sequence[str] = ()

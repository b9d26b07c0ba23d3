"""What the reporter needs of others: a vault for evidence, a tip line, and the forms that it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reporter.incident import Ended, Filed
from reporter.report import Report
from sluice.errors import TerminalError
from sluice.v1.incident_pb2 import Incident, IncidentContent


class Refusal(StrEnum):
    """What a tip line's error means for a report."""

    RETRY = "retry"
    """It may work later. Whether it was done is not known: an answer may have been lost."""
    TERMINAL = "terminal"
    """It was not done, and never will be as it is: a person must see to it."""
    GONE = "gone"
    """There is no such report: it was retracted, or it expired. It was never finished."""
    ALREADY = "already"
    """The report is finished."""
    SPOILED = "spoiled"
    """It was done, and the report holds something else than was sent: it has to be taken back."""


class TiplineError(Exception):
    """A call of a tip line that gave no answer of use. `code`: of its own, 0 where there is none. `words`: never
    content."""

    def __init__(self, kind: Refusal, code: int, words: str) -> None:
        super().__init__(f"{kind}: code {code}: {words}")
        self.kind = kind
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Submitted:
    """A report was opened under this id. It is deleted if it is not finished in time."""

    report_id: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file was taken. `hash`: MD5 of what was received, hexadecimal."""

    file_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The report is filed; nothing can be changed any more. `files`: ids of the files that it holds."""

    files: Sequence[str]


class Tipline(Protocol):
    """A place to report to. Every call raises TiplineError, and nothing else; each has a time limit of its own."""

    @property
    def where(self) -> str:
        """Which place: an id of one of its reports means nothing at another."""

    async def submit(self, report: bytes) -> Submitted:
        """Opens a report. `report`: the XML of it."""

    async def upload(self, report_id: str, name: str, data: bytes) -> Uploaded:
        """Adds a file to an open report. Twice is two files."""

    async def fileinfo(self, report_id: str, details: bytes) -> None:
        """Says what a file of an open report is. `details`: the XML of it, which names the file."""

    async def finish(self, report_id: str) -> Finished:
        """Files an open report."""

    async def retract(self, report_id: str) -> None:
        """Takes an open report back: nobody will read it."""


class LostError(TerminalError):
    """An original that can never be preserved: it is nowhere, or its reference names none that there could be."""


class Vault(Protocol):
    """Where evidence lies. Raises RetryableError, also while all of it cannot be used, or TerminalError where a piece
    of it is not what it was."""

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        """Returns the evidence's id when the original is safe; doing it again changes nothing. The same bytes have
        the same id. An original that another incident had preserved need not be in the object store any more.
        LostError; nothing else says that the original is lost.

        Until the incident is reported or released, nothing ends the evidence."""

    async def ended(self, evidence_id: str, incident_id: str) -> Ended | None:
        """How the incident ended, if the vault was told so before: by a ledger that was lost since, or by people."""

    async def read(self, evidence_id: str, why: str) -> bytes:
        """The original's bytes, as they were preserved, for a report. It is recorded that they were read, and why."""

    async def purge(self, content: IncidentContent) -> None:
        """Removes the original, and what was made of it, from the object store. Doing it again changes nothing."""

    async def reported(self, evidence_id: str, incident_id: str, report_id: str, at_ms: int) -> None:
        """The report about that incident was finished then. Doing it again changes nothing."""

    async def released(self, evidence_id: str, incident_id: str, who: str, why: str) -> None:
        """There will be no report about that incident. Doing it again changes nothing."""


class Forms(Protocol):
    """The documents that a tip line is sent. Raises TerminalError where one cannot be made, or would not be valid."""

    def report(self, report: Report, members: Sequence[Filed], earlier: Sequence[str]) -> bytes:
        """The report about these incidents of one account. `earlier`: ids of finished ones about the same account."""

    def details(self, report: Report, members: Sequence[Filed], place: int) -> bytes:
        """What the file at this place of `report.files` is."""

"""A report as the ledger keeps it: incidents of one account, and how far the tip line has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reporter.incident import Ended, Filed
from sluice.v1.incident_pb2 import IncidentContent


class Phase(StrEnum):
    """How far a report is. One that ends in -ING is written down before the call that it names is made: who finds it
    does not know whether the call was made."""

    READY = "ready"
    """Nothing is open at the tip line that could still be finished."""
    SUBMITTING = "submitting"
    OPEN = "open"
    """Its id is known, and so is what it holds."""
    UPLOADING = "uploading"
    DESCRIBING = "describing"
    FINISHING = "finishing"
    RETRACTING = "retracting"
    """What was opened is to be taken back, which also tells whether it was finished."""
    FINISHED = "finished"
    FAILED = "failed"
    """A person must see to it."""
    DISSOLVED = "dissolved"
    """Nothing of it is open, and nothing ever will be: some of its incidents ended otherwise, and none is part of it
    any more."""


@dataclass(frozen=True, slots=True)
class File:
    """One piece of evidence of a report."""

    incident_id: str
    evidence_id: str
    file_id: str = ""
    """The tip line's; empty until it has the file."""
    described: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One report. Times are milliseconds since the epoch, UTC."""

    number: int
    """The ledger's own."""
    tenant: str
    account_id: str
    test: bool
    members: tuple[str, ...]
    """Ids of its incidents. While it goes on they never change: what comes later is a report of its own."""
    files: tuple[File, ...]
    begun_at_ms: int
    phase: Phase = Phase.READY
    report_id: str = ""
    """The tip line's; empty where nothing is open."""
    opened_at_ms: int = 0
    touched_at_ms: int = 0
    """The last change of what is open there."""
    finished_at_ms: int = 0
    """Or when it was dissolved."""
    attempts: int = 0
    """Reports that were opened, or perhaps opened."""
    code: int = 0
    problem: str = ""
    """What the tip line said last that was not good; never content."""
    tries: int = 0
    due_ms: int = 0
    version: int = 0
    spoiled: int = 0
    """Of the attempts, those that held something else than was sent."""
    endpoint: str = ""
    """Where `report_id` was opened; see `reporter.ports.Tipline.where`."""
    moved: bool = False
    """A person was told that it is, or may be, finished at `endpoint`, and nobody but a person can say what it is:
    reports go elsewhere now, or it is finished although not all of it was there."""
    leaving: tuple[Ended, ...] = ()
    """Incidents that ended otherwise. As soon as nothing of it is open it is dissolved, and the others wait for
    another report."""

    def place(self) -> int:
        """The file that is next, or as many as there are."""
        return next((at for at, one in enumerate(self.files) if not one.described), len(self.files))


def files_of(members: Sequence[Filed]) -> tuple[File, ...]:
    """Every piece of evidence once, whatever number of incidents it is of. Of a real incident none that test lists
    alone know: it is harmless, and nobody is to be sent it."""
    found: dict[str, File] = {}
    for member in members:
        for one, content in member.kept().items():
            if member.test or not _of_tests(content):
                found.setdefault(one, File(member.id, one))
    return tuple(found.values())


def _of_tests(content: IncidentContent) -> bool:
    return bool(content.matches) and all(match.test for match in content.matches)

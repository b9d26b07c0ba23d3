"""A tip line and a vault in memory, whose calls get lost, come late, and stop in the middle."""

import hashlib
import json
import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from reporter.incident import Ended, Filed
from reporter.ports import Finished, LostError, Refusal, Submitted, TiplineError, Uploaded
from reporter.report import Report
from sluice.errors import RetryableError
from sluice.v1.incident_pb2 import Incident, IncidentContent

T = TypeVar("T")
HOUR_MS = 3_600_000
SPOILED = "something else"
"""The name of a file that did not arrive as it was sent."""


class Moment:
    """Between two effects: whoever awaits it may be left standing there, or die."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@dataclass
class Fate:
    """The time, and what goes wrong. `late`: calls that were given up and are still under way."""

    dice: random.Random
    now: int = 1_000_000
    faults: float = 0.0
    late: list[Callable[[], object]] = field(default_factory=list)

    def strikes(self, often: int = 1) -> bool:
        """Whether something goes wrong now. `often`: so many times as often as most things."""
        return self.dice.random() < often * self.faults


@dataclass
class Opened:
    """A report as the server has it. `files`: file id -> name; `described`: names, as often as they were."""

    document: bytes
    opened: int
    touched: int
    files: dict[str, str] = field(default_factory=dict)
    described: list[str] = field(default_factory=list)
    finished: bool = False
    retracted: bool = False

    @property
    def members(self) -> list[str]:
        """Ids of the incidents that it is about."""
        return list(json.loads(self.document)["members"])


class Server:
    """The documented behaviour of a tip line, as far as a reporter can see it."""

    def __init__(self, fate: Fate, name: str) -> None:
        self._fate = fate
        self._name = name
        self.where = name
        self.reports: dict[str, Opened] = {}

    async def submit(self, report: bytes) -> Submitted:
        return await self._call(lambda: self._submit(report))

    async def upload(self, report_id: str, name: str, data: bytes) -> Uploaded:
        return await self._call(lambda: self._upload(report_id, name, data))

    async def fileinfo(self, report_id: str, details: bytes) -> None:
        return await self._call(lambda: self._fileinfo(report_id, details))

    async def finish(self, report_id: str) -> Finished:
        return await self._call(lambda: self._finish(report_id), often=5)

    async def retract(self, report_id: str) -> None:
        return await self._call(lambda: self._retract(report_id))

    async def _call(self, effect: Callable[[], T], often: int = 1) -> T:
        """`often`: so many times as often as other answers its own is lost, or is none."""
        await Moment()
        if self._fate.strikes():
            if self._fate.dice.random() < 0.5:
                self._fate.late.append(effect)
            raise TiplineError(Refusal.RETRY, 1000, "no connection")
        if self._fate.strikes():
            raise TiplineError(Refusal.TERMINAL, 2000, "who is there?")
        answer = effect()
        await Moment()
        if self._fate.strikes(often):
            raise TiplineError(Refusal.RETRY, 0, "the answer was lost")
        if self._fate.strikes(often):
            raise TiplineError(Refusal.TERMINAL, 0, "the answer is about another report")
        return answer

    def _submit(self, report: bytes) -> Submitted:
        report_id = f"{self._name}-{len(self.reports) + 1}"
        self.reports[report_id] = Opened(report, self._fate.now, self._fate.now)
        return Submitted(report_id)

    def _upload(self, report_id: str, name: str, data: bytes) -> Uploaded:
        opened = self._open(report_id)
        file_id = f"{report_id}-{len(opened.files)}"
        if self._fate.strikes(often=5):
            opened.files[file_id] = SPOILED
            raise TiplineError(Refusal.SPOILED, 0, "the file did not arrive as it was sent")
        opened.files[file_id] = name
        return Uploaded(file_id, hashlib.md5(data, usedforsecurity=False).hexdigest())

    def _fileinfo(self, report_id: str, details: bytes) -> None:
        opened = self._open(report_id)
        opened.described.append(opened.files[details.decode()])

    def _finish(self, report_id: str) -> Finished:
        opened = self._open(report_id)
        opened.finished = True
        return Finished(tuple(opened.files))

    def _retract(self, report_id: str) -> None:
        self._open(report_id).retracted = True

    def _open(self, report_id: str) -> Opened:
        opened, now = self.reports[report_id], self._fate.now
        if opened.finished:
            raise TiplineError(Refusal.ALREADY, 5102, "finished")
        if opened.retracted or now > max(opened.opened + 24 * HOUR_MS, opened.touched + HOUR_MS):
            raise TiplineError(Refusal.GONE, 5001, "no such report")
        opened.touched = now
        return opened

    def finished(self) -> dict[str, Opened]:
        """Report id -> report, of those that were filed."""
        return {key: one for key, one in self.reports.items() if one.finished}


class Safe:
    """A vault and the object store. `safe`: asks whether the ledger says that an original is preserved."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self.store: dict[str, bytes] = {}
        self.kept: dict[str, bytes] = {}
        self.purged_too_soon: list[str] = []
        self.reads: list[tuple[str, str]] = []
        self.dates: dict[tuple[str, str], tuple[str, int]] = {}
        self.ends: dict[tuple[str, str], Ended] = {}
        self.is_preserved: Callable[[str], bool] = bool

    async def preserve(self, incident: Incident, content: IncidentContent) -> str:
        await Moment()
        self._may_fail()
        original = content.original
        name = original.sha256.hex()
        if name not in self.kept:
            if original.uri not in self.store:
                raise LostError("the original is nowhere")
            self.kept[name] = self.store[original.uri]
        await Moment()
        self._may_fail()
        return name

    async def ended(self, evidence_id: str, incident_id: str) -> Ended | None:
        await Moment()
        self._may_fail()
        if (evidence_id, incident_id) in self.dates:
            return Ended(incident_id, *self.dates[evidence_id, incident_id])
        return self.ends.get((evidence_id, incident_id))

    async def released(self, evidence_id: str, incident_id: str, who: str, why: str) -> None:
        await Moment()
        self._may_fail()
        self.ends[evidence_id, incident_id] = Ended(incident_id, who=who, why=why)
        await Moment()

    async def read(self, evidence_id: str, why: str) -> bytes:
        await Moment()
        self._may_fail()
        self.reads.append((evidence_id, why))
        return self.kept[evidence_id]

    async def purge(self, content: IncidentContent) -> None:
        original = content.original
        await Moment()
        self._may_fail()
        if not self.is_preserved(original.uri):
            self.purged_too_soon.append(original.uri)
        self.store.pop(original.uri, None)
        await Moment()
        self._may_fail()

    async def reported(self, evidence_id: str, incident_id: str, report_id: str, at_ms: int) -> None:
        await Moment()
        self._may_fail()
        self.dates[evidence_id, incident_id] = report_id, at_ms
        await Moment()

    def _may_fail(self) -> None:
        if self._fate.strikes():
            raise RetryableError("the store does not answer")


class Papers:
    """Documents that say what the server checks, and nothing else."""

    def report(self, report: Report, members: Sequence[Filed], earlier: Sequence[str]) -> bytes:
        assert [one.id for one in members] == list(report.members)
        return json.dumps({"members": report.members, "earlier": list(earlier)}).encode()

    def details(self, report: Report, members: Sequence[Filed], place: int) -> bytes:
        return report.files[place].file_id.encode()

"""Reports as the API keeps them: opened, added to, finished, retracted, or gone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from deploy.simulators.cybertipline.clock import Clock
from reporter.tipline.codes import FINISHED, NO_FILE, NO_REPORT, RETRACTED
from reporter.tipline.expiry import expires


class State(StrEnum):
    """Of a report."""

    OPEN = "open"
    FINISHED = "finished"
    RETRACTED = "retracted"
    EXPIRED = "expired"


class RefusedError(Exception):
    """The call is answered with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


@dataclass(slots=True)
class File:
    """What is known of a file. Its bytes are not kept."""

    id: str
    name: str
    size: int
    md5: str
    sha256: str
    details: tuple[str, ...] = ()
    """Paths of the elements that its details had, and flags with their values; none where there were no details."""


@dataclass(slots=True)
class Report:
    """What is known of a report. Of its document only the names of its elements are kept."""

    id: str
    opened: datetime
    changed: datetime
    sha256: str
    elements: tuple[str, ...]
    state: State = State.OPEN
    files: list[File] = field(default_factory=list)

    def shown(self) -> Mapping[str, Any]:
        """As JSON: ids, digests, sizes and names of elements."""
        return {
            "report_id": self.id,
            "state": self.state.value,
            "opened": self.opened.isoformat(),
            "changed": self.changed.isoformat(),
            "sha256": self.sha256,
            "elements": list(self.elements),
            "files": [
                {
                    "file_id": file.id,
                    "name": file.name,
                    "size": file.size,
                    "md5": file.md5,
                    "sha256": file.sha256,
                    "details": list(file.details),
                }
                for file in self.files
            ],
        }


@dataclass(slots=True)
class Reports:
    """All that were ever opened."""

    clock: Clock
    all: dict[str, Report] = field(default_factory=dict)
    _first: int = 0
    """Of no other simulator: who remembers ids of an earlier one must not meet them again."""

    def __post_init__(self) -> None:
        self._first = int(self.clock.now().timestamp()) * 1000 + 1

    def submit(self, document: bytes, elements: tuple[str, ...]) -> Report:
        """Opens one."""
        now = self.clock.now()
        report = Report(str(self._first + len(self.all)), now, now, hashlib.sha256(document).hexdigest(), elements)
        self.all[report.id] = report
        return report

    def upload(self, report_id: str, name: str, data: bytes) -> File:
        """Adds a file. RefusedError unless the report is open."""
        report = self._open(report_id)
        file_id = hashlib.sha256(f"{report.id}/{len(report.files)}".encode()).hexdigest()[:32]
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        file = File(file_id, name, len(data), md5, hashlib.sha256(data).hexdigest())
        report.files.append(file)
        report.changed = self.clock.now()
        return file

    def describe(self, report_id: str, file_id: str, details: tuple[str, ...]) -> None:
        """Says what a file is. RefusedError unless the report is open and has it."""
        report = self._open(report_id)
        file = next((each for each in report.files if each.id == file_id), None)
        if file is None:
            raise RefusedError(NO_FILE)
        file.details = details
        report.changed = self.clock.now()

    def finish(self, report_id: str) -> Report:
        """Files one. RefusedError unless it is open."""
        report = self._open(report_id)
        report.state, report.changed = State.FINISHED, self.clock.now()
        return report

    def retract(self, report_id: str) -> None:
        """Takes one back. RefusedError unless it is open."""
        report = self._open(report_id)
        report.state, report.changed = State.RETRACTED, self.clock.now()

    def expire(self) -> None:
        """Whatever was left open for too long is gone."""
        now = self.clock.now()
        for report in self.all.values():
            if report.state is State.OPEN and now >= expires(report.opened, report.changed):
                report.state = State.EXPIRED

    def _open(self, report_id: str) -> Report:
        self.expire()
        report = self.all.get(report_id)
        if report is None or report.state is State.EXPIRED:
            raise RefusedError(NO_REPORT)
        if report.state is State.RETRACTED:
            raise RefusedError(RETRACTED)
        if report.state is State.FINISHED:
            raise RefusedError(FINISHED)
        return report

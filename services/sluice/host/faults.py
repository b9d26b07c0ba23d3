"""Failure flags, for game days: a service that fails as it is told, so that people see alerts and use runbooks.

SLUICE_FAULTS names what fails, with commas: `check-error`, `check-slow=800ms`, or for one service of several that
share an environment `text-classifier/check-error`. Without SLUICE_ALLOW_FAULTS=1 it has no effect but a warning, so
that a variable that was left behind does no harm. A fault takes answers away or delays them; none makes one up, so
nothing is allowed that would not have been. What can be brought about as easily by itself has no flag:
docs/operations.md has the table.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.bus.record import Outgoing, Record
from sluice.host.readiness import Readiness
from sluice.host.worker import Handler
from sluice.settings import Reader
from sluice.telemetry.logging import Log

VARIABLE: Final = "SLUICE_FAULTS"
ALLOW: Final = "SLUICE_ALLOW_FAULTS"
NOTE: Final = "faults"
"""The readiness note that is there as long as a process fails on purpose, and the condition of `not-ready`."""
FAULTS: Final = {
    "check-error": "a check answers every content with ERROR",
    "check-silent": "a check reads contents records and answers none of them",
    "check-slow": "a check takes so much longer: check-slow=800ms",
    "not-ready": "a service is not ready",
    "records-slow": "a service takes so much longer for every record: records-slow=2000ms",
}
"""Every flag, and what it does. Canaries of checks are answered as ever."""

_TIMED: Final = ("check-slow", "records-slow")
_WORD: Final = re.compile(r"(?:(?P<service>[a-z0-9-]+)/)?(?P<name>[a-z-]+)(?:=(?P<ms>[0-9]{1,7})ms)?")


@dataclass(frozen=True, slots=True)
class Faults:
    """What this process fails at; by default nothing. Times in milliseconds, 0 for none.

    `words`: as they were given, for people. `idle`: they are not allowed, and have no effect.
    """

    check_error: bool = False
    check_silent: bool = False
    check_slow_ms: int = 0
    not_ready: bool = False
    records_slow_ms: int = 0
    words: tuple[str, ...] = ()
    idle: bool = False

    def slowed(self, handle: Handler) -> Handler:
        """A worker's handler, as slow as `records-slow` says."""
        if not self.records_slow_ms:
            return handle

        async def slow(record: Record) -> Sequence[Outgoing]:
            await asyncio.sleep(self.records_slow_ms / 1000)
            return await handle(record)

        return slow

    def silenced(self, handle: Handler) -> Handler:
        """A check's handler: under `check-silent` a record causes nothing, as if it were not the check's."""
        if not self.check_silent:
            return handle

        async def silent(record: Record) -> Sequence[Outgoing]:  # noqa: ARG001 - that is the fault
            return ()

        return silent

    async def tell(self, log: Log, readiness: Readiness) -> None:
        """Says loudly what will fail; under `not-ready` the service is not ready from here on."""
        said = ", ".join(self.words)
        if self.idle:
            log.warning(f"{VARIABLE} has no effect: {ALLOW} is not 1", detail=said)
        elif self.words:
            log.warning("FAILS ON PURPOSE", detail=said, variable=VARIABLE)
            readiness.note(NOTE, f"fails on purpose: {said}; unset {VARIABLE} and restart")
            if self.not_ready:
                await readiness.expect(NOTE, f"not ready on purpose: unset {VARIABLE} and restart")


def read_faults(reader: Reader, service: str) -> Faults:
    """What SLUICE_FAULTS says of `service`. A flag that there is not, or without the time it needs, is a problem
    where faults are allowed; else it has no effect, as every other."""
    allowed = reader.flag(ALLOW)
    found: dict[str, int] = {}
    words = []
    for word in reader.words(VARIABLE):
        parts = _WORD.fullmatch(word)
        name = parts["name"] if parts else ""
        if parts is None or name not in FAULTS or (name in _TIMED) != bool(int(parts["ms"] or 0)):
            if allowed:
                reader.problem(f"{VARIABLE}: {word!r} is none of: {', '.join(map(_form, FAULTS))}")
            words.append(word)
        elif parts["service"] in (None, service):
            found[name] = int(parts["ms"] or 0)
            words.append(word)
    if not allowed:
        return Faults(words=tuple(words), idle=bool(words))
    return Faults(
        check_error="check-error" in found,
        check_silent="check-silent" in found,
        check_slow_ms=found.get("check-slow", 0),
        not_ready="not-ready" in found,
        records_slow_ms=found.get("records-slow", 0),
        words=tuple(words),
    )


def _form(name: str) -> str:
    return f"{name}=NUMBERms" if name in _TIMED else name

"""Reporters that are killed: each is a process of its own, which ends itself with SIGKILL before or after its n-th
effect, on a ledger, a vault and an object store on the disk.

    python -m tests.unit.reporter_killed FOLDER URL SEED KILLS

Everything is imported once, and each reporter is a fork of that.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from reporter.forms import CyberForms
from reporter.incident import Filed, filed
from reporter.ledger import Event
from reporter.manner import Manner
from reporter.migrations import LEDGER
from reporter.safe import Safe
from reporter.sql_ledger import SqlLedger
from reporter.steps import Steps
from reporter.tipline.client import CyberTipline
from reporter.tipline.endpoint import read_endpoint
from reporter.tipline.settings import TiplineSettings
from sluice.deadline import now_ms
from sluice.errors import RetryableError
from sluice.objects import ObjectStore
from sluice.sql.script import Script
from sluice.sql.sqlite import SqliteDatabase
from sluice.v1.incident_pb2 import Incident
from sluice.vault.opened import open_vault
from sluice.vault.settings import VaultSettings
from tests.unit.tipline_samples import REPORTER

T = TypeVar("T")
USER, PASSWORD = "somebody", "in a test"
BACK_MS: Final = 4 * 86_400_000
"""How long ago all this happens: nothing is reported from the future."""
MANNER: Final = Manner(hold=False, gather_ms=0, most_incidents=2)
_BACK_AFTER_MS: Final = 2_000
"""How long after the beginning of one reporter the next one begins: no lease is waited for."""
_QUIET: Final = 60
"""Rounds without work after which a reporter that nobody kills ends."""


class Killer:
    """Ends this process at one effect. `at`: which; -1: none."""

    def __init__(self, at: int) -> None:
        self._left = at

    def moment(self) -> None:
        """Before an effect, or after one."""
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class Watched:
    """Anything with effects: each is between two moments."""

    def __init__(self, inner: object, killer: Killer) -> None:
        self._inner = inner
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not callable(method):
            return method

        async def call(*values: object) -> object:
            self._killer.moment()
            found = await method(*values)
            self._killer.moment()
            return found

        return call


class WatchedDatabase(SqliteDatabase):
    """One whose transactions are effects."""

    def __init__(self, path: Path, killer: Killer) -> None:
        self.killer = killer
        super().__init__(path, LEDGER)

    async def run(self, script: Script[T]) -> T:
        self.killer.moment()
        found = await super().run(script)
        self.killer.moment()
        return found


def store_of(folder: Path) -> ObjectStore:
    """Where originals lie."""
    return ObjectStore.open((folder / "objects").as_uri())


def vault_settings(folder: Path) -> VaultSettings:
    """Of the vault in this folder."""
    return VaultSettings((folder / "vault").as_uri(), (folder / "keys").as_uri(), folder / "audit.head", None)


def ledger_file(folder: Path) -> Path:
    """Where the ledger lies."""
    return folder / "reporter.db"


def read_incidents(folder: Path) -> list[Incident]:
    """The log: all of it is delivered to each reporter again."""
    return [Incident.FromString(path.read_bytes()) for path in sorted((folder / "log").iterdir())]


def announce(one: Filed) -> list[Event]:
    """A ban; nobody releases anything here."""
    return [Event(f"ban-{one.id}", "accounts.actions", b"", b"")]


async def report(folder: Path, url: str, at: int, now: Callable[[], int]) -> None:
    """Takes the log in and works until it is killed, or nothing is left to do."""
    killer = Killer(at)
    ledger = SqlLedger(WatchedDatabase(ledger_file(folder), killer))
    await ledger.take_over(now())
    vault: Any = Watched(Safe(await asyncio.to_thread(open_vault, vault_settings(folder)), store_of(folder)), killer)
    tipline: Any = Watched(CyberTipline(TiplineSettings(read_endpoint(url), USER, PASSWORD)), killer)
    steps = Steps(ledger, vault, {True: tipline}, CyberForms(REPORTER, now), announce, MANNER, now)
    for incident in read_incidents(folder):
        await ledger.add(filed(incident, now()))
    quiet = 0
    while quiet < _QUIET:
        try:
            quiet = 0 if await steps.once() else quiet + 1
        except RetryableError:
            continue
    await ledger.close()


def live(folder: Path, url: str, at: int, begin: int) -> NoReturn:
    """A reporter's whole life. `begin`: when it began, by its clock.

    Each look at the clock takes a while, so that what was put off is due some time.
    """
    ticks = iter(range(begin, 2 * begin, 20_000))
    asyncio.run(report(folder, url, at, lambda: next(ticks)))
    os._exit(0)


def main(folder: Path, url: str, seed: int, kills: int) -> int:
    """So many reporters that are killed, one after the other, and one that is not; returns how many were."""
    dice = random.Random(seed)
    killed, begin = 0, now_ms() - BACK_MS
    for life in range(kills + 1):
        at = dice.randint(0, 60) if life < kills else -1
        child = os.fork()
        if child == 0:
            live(folder, url, at, begin + life * _BACK_AFTER_MS)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
            return -1
    return killed


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

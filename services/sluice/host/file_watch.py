"""Files that are read again while the service runs: a good change is adopted, a bad one is told and changes nothing.

Contents are compared, never times: a ConfigMap is swapped by a link, an editor writes in place or renames, a copy may
carry an old date. A change is taken once two looks in a row have found the same: a file that is still being written
waits.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sluice.attempt import Unforeseen, attempt
from sluice.errors import ConfigError, SluiceError
from sluice.host.readiness import Readiness
from sluice.host.service import Context
from sluice.refreshed import Refreshable, Version
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics

EVERY_SECONDS = 1.0
"""Between two looks."""
SETTLE_SECONDS = 0.2
"""Between the look that finds a change and the one that confirms it."""
_MOST_TOLD = 50
"""Problems of one file that the log names."""
_DIGITS = 12
_UNSEEN = b""
"""Instead of a digest, where there is none."""


class FileWatch:
    """Keeps one `Refreshable` at what its files say.

    What it tells, with NAME for `about`: the readiness note NAME as long as the files are refused; log lines; the
    counter `sluice_NAME_reloads_total` by outcome (adopted, refused), the gauges `sluice_NAME_refused` (0 or 1) and
    `sluice_NAME_info` (1 for the version and digest in use, 0 for those before).
    """

    def __init__(
        self,
        source: Refreshable,
        log: Log,
        readiness: Readiness,
        metrics: Metrics,
        every: float = EVERY_SECONDS,
        settle: float = SETTLE_SECONDS,
    ) -> None:
        """`every`, `settle`: seconds."""
        self._source = source
        self._log = log
        self._readiness = readiness
        self._metrics = metrics
        self._every = every
        self._settle = settle
        self._name = source.about.replace("-", "_")
        self._refused: bytes | None = None
        self._version = source.version
        self._show(self._version, 1)
        self._mark_refused(None)
        for outcome in ("adopted", "refused"):
            self._count(outcome, by=0.0)

    async def run(self) -> None:
        """Looks again and again."""
        while True:
            await asyncio.sleep(self._every)
            found = await attempt(self.look())
            if isinstance(found, Unforeseen) and self._refused != _UNSEEN:
                self._refuse(_UNSEEN, (f"cannot be looked at: {found.kind} at {found.place}",))

    async def look(self) -> None:
        """Looks once, and again after a moment where something changed."""
        seen = await asyncio.to_thread(self._source.read)
        if seen.digest == self._source.digest:
            if self._refused is not None:
                self._take_back()
            return
        if seen.digest == self._refused:
            return
        await asyncio.sleep(self._settle)
        again = await asyncio.to_thread(self._source.read)
        if again.digest != seen.digest:
            return
        try:
            found = await attempt(asyncio.to_thread(self._source.adopt, seen))
        except SluiceError as error:
            self._refuse(seen.digest, error.problems if isinstance(error, ConfigError) else (str(error),))
            return
        if isinstance(found, Unforeseen):
            self._refuse(seen.digest, (f"cannot be loaded: {found.kind} at {found.place}",))
        else:
            self._adopted()

    def _adopted(self) -> None:
        before, self._version = self._version, self._source.version
        self._mark_refused(None)
        self._count("adopted")
        self._show(before, 0)
        self._show(self._version, 1)
        self._log.info(f"{self._source.about} adopted", version=self._version.name, digest=self._version.digest.hex())

    def _take_back(self) -> None:
        """The files say again what is in use."""
        self._mark_refused(None)
        self._log.info(
            f"{self._source.about} is as before", version=self._version.name, digest=self._version.digest.hex()
        )

    def _refuse(self, digest: bytes, problems: Sequence[str]) -> None:
        about, kept = self._source.about, self._version
        more = f" (+{len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0] if problems else "not good"
        self._mark_refused(digest, f"kept version {kept.name} digest {kept.digest.hex()[:_DIGITS]}: {first}{more}")
        self._count("refused")
        for problem in problems[:_MOST_TOLD]:
            self._log.error(f"{about} refused", detail=problem, count=len(problems), digest=digest.hex())

    def _mark_refused(self, digest: bytes | None, note: str | None = None) -> None:
        self._refused = digest
        self._readiness.note(self._source.about, note)
        text = "1 while the file has been refused and an older version is in use."
        self._metrics.gauge(f"{self._name}_refused", text, 0.0 if digest is None else 1.0)

    def _count(self, outcome: str, by: float = 1.0) -> None:
        text = "Changes of the file, by what became of them."
        self._metrics.count(f"{self._name}_reloads", text, {"outcome": outcome}, by)

    def _show(self, version: Version, value: float) -> None:
        labels = {"version": version.name, "digest": version.digest.hex()}
        self._metrics.gauge(f"{self._name}_info", "1 for the version in use.", value, labels)


@asynccontextmanager
async def watching(sources: Sequence[Refreshable], context: Context) -> AsyncIterator[None]:
    """Watches the files of each as long as the block runs."""
    watches = [FileWatch(source, context.log, context.readiness, context.metrics) for source in sources]
    tasks = [asyncio.create_task(watch.run()) for watch in watches]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

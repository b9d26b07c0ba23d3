"""Whether the follower is up to date, on the readiness board: at the start, and for as long as it runs."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from sluice.deadline import Deadline
from sluice.errors import RetryableError
from sluice.host.readiness import Readiness
from sluice.telemetry.metrics import Metrics

CONDITION: Final = "logs"
EVERY_SECONDS: Final = 5.0
"""Between two looks where all is well."""
AGAIN_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 10.0


class Follows(Protocol):
    """A log that is being read."""

    partitions: int

    @property
    def topic(self) -> str:
        """Its name."""

    async def settled(self, partition: int, deadline: Deadline) -> int:
        """Returns once the partition has been read to its present end. RetryableError."""


class Behind:
    """For how long the logs have not been read to their ends, as a metric. `clock`: seconds, never backwards."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = clock()
        about = (
            "For how long a log that the gateway follows has not been read to its end. 0: it was at the last look."
        )
        metrics.gauge_of("gateway_behind_seconds", about, self.seconds)

    def seconds(self) -> float:
        """0 where they were at the last look."""
        return 0.0 if self._since is None else self._clock() - self._since

    def note(self, behind: bool) -> None:
        """What the last look found."""
        if not behind:
            self._since = None
        elif self._since is None:
            self._since = self._clock()


async def watch_logs(
    logs: Sequence[Follows], readiness: Readiness, seen: Behind, every: float = EVERY_SECONDS
) -> None:
    """Until it is cancelled. Not ready until each log was read to its end, nor while that cannot be told later."""
    await readiness.expect(CONDITION, f"reading {', '.join(log.topic for log in logs)} back")
    behind = True
    while True:
        try:
            await _settled(logs)
        except RetryableError as error:
            behind = True
            await readiness.expect(CONDITION, f"the log is not read to its end: {error}")
        else:
            behind = False
            await readiness.met(CONDITION)
        seen.note(behind)
        await asyncio.sleep(AGAIN_SECONDS if behind else every)


async def _settled(logs: Sequence[Follows]) -> None:
    # One after the other: each question to a broker that is away holds a thread, and others need those.
    for log in logs:
        for partition in range(log.partitions):
            await log.settled(partition, Deadline.after(_LOOK_SECONDS))

"""One run: sends a schedule, watches what comes of it, and waits for what is under way."""

import time
from collections.abc import Callable
from typing import Final

from sluice.load.clock import Clock, Stopping
from sluice.load.cpu import CpuMeter
from sluice.load.ran import Ran
from sluice.load.road import Road
from sluice.load.sender import Make, Sender, open_producer
from sluice.load.tally import Tally
from sluice.load.usage import Usage
from sluice.load.watcher import Watcher
from sluice.load.window import CpuWindow
from sluice.settings import KafkaSettings

_SETTLE_SECONDS: Final = 0.05


def run(
    kafka: KafkaSettings, road: Road, tally: Tally, make: Make, meter: CpuMeter, stopping: Stopping,
    told: Callable[[str], None],
) -> Ran:  # fmt: skip
    """Runs it. RetryableError where the broker does not answer. `told` hears where it is, often."""
    schedule = tally.schedule
    watcher = Watcher.open(kafka, road, tally)
    window = CpuWindow(meter, schedule.warm_up)
    usage: Usage | None = None
    try:
        sender = Sender(open_producer(kafka, tally.limit), road.requests, make, tally)
        begun_ms = int(time.time() * 1000)
        clock = Clock()
        watcher.start(clock)
        window.start(clock)
        sender.send_all(clock, stopping, lambda: told(_line(tally, clock)))
        # The gap after the last request belongs to the run: without it, the rate would be too high.
        stopping.sending.wait(max(0.0, schedule.end - clock.now()))
        interrupted = stopping.sending.is_set()
        ended = min(schedule.end, clock.now())
        _wait(tally, sender, watcher, clock, stopping, told)
        usage = window.close()
        not_waited = stopping.waiting.is_set() and tally.under_way > 0
    finally:
        window.close()
        watcher.close()
    return Ran(tally, watcher.stages, usage, begun_ms, ended, sender.bytes, interrupted, not_waited)


def _wait(
    tally: Tally, sender: Sender, watcher: Watcher, clock: Clock, stopping: Stopping, told: Callable[[str], None]
) -> None:
    """Until everything that was sent is answered, or an answer would come too late to count."""
    last = float(tally.schedule.due[tally.sent - 1]) if tally.sent else 0.0
    while tally.under_way > 0 and clock.now() < last + tally.limit and not stopping.waiting.is_set():
        watcher.check()
        sender.hear(_SETTLE_SECONDS)
        told(_line(tally, clock))


def _line(tally: Tally, clock: Clock) -> str:
    schedule = tally.schedule
    return (
        f"{schedule.rate:g}/s: {clock.now():.0f} s of {schedule.end:g} s, {tally.sent:,} sent, "
        f"{tally.answered:,} answered, {tally.under_way:,} under way"
    )

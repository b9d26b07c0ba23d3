"""A closed loop: so many askers, each of whom asks the next text when the last one is judged."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.gateway.side import NoAnswerError, Side
from sluice.load.quantiles import quantiles

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Drive:
    """What came of one round of one side. `latencies`: seconds, by text; `flagged`: the answers, by text."""

    seconds: float
    latencies: tuple[float, ...]
    flagged: tuple[bool, ...]
    cpu: dict[str, float]
    """CPU seconds of those who answered, by process, until the side had settled."""
    asking: float
    """CPU seconds of this process meanwhile."""

    @property
    def per_second(self) -> float:
        """Texts a second, by the clock."""
        return len(self.flagged) / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of a text, of all processes that answered."""
        return 1000 * sum(self.cpu.values()) / len(self.flagged)

    @property
    def asking_ms(self) -> float:
        """CPU milliseconds of a text, of this process."""
        return 1000 * self.asking / len(self.flagged)

    @property
    def p50(self) -> float:
        """Milliseconds, by nearest rank."""
        return quantiles(self.latencies).p50 * 1000

    @property
    def p99(self) -> float:
        """Milliseconds, by nearest rank."""
        return quantiles(self.latencies).p99 * 1000

    def cpu_ms_of(self, process: str) -> float:
        """CPU milliseconds of a text, of one of the processes; 0 where there is none of that name."""
        return 1000 * self.cpu.get(process, 0.0) / len(self.flagged)


async def drive(side: Side, texts: Sequence[str], at_once: int) -> Drive:
    """Asks about every text, `at_once` at a time. Raises SystemExit where one is not judged: then there is nothing to
    compare."""
    latencies, flagged, problems = [0.0] * len(texts), [False] * len(texts), list[str]()
    rest = iter(range(len(texts)))

    async def asker() -> None:
        # One iterator for all of them: whoever is free takes the next.
        for place in rest:
            begun = time.perf_counter()
            try:
                flagged[place] = await side.ask(texts[place])
            except NoAnswerError as error:
                problems.append(str(error))
            latencies[place] = time.perf_counter() - begun

    before, here, clock = side.cpu(), time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(texts))):
            group.create_task(asker())
    seconds, asking = time.perf_counter() - clock, time.process_time() - here
    await side.close()
    if problems:
        shown = "; ".join(dict.fromkeys(problems[:_SHOWN]))
        raise SystemExit(f"{side.name}, {at_once} at a time: {len(problems)} of {len(texts)} not judged: {shown}")
    await asyncio.sleep(side.settle)
    cpu = {name: total - before.get(name, 0.0) for name, total in side.cpu().items()}
    return Drive(seconds, tuple(latencies), tuple(flagged), cpu, asking)

"""Time of each side over the same texts, side after side in every round."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.text.inputs import Text
from benchmarks.text.sides import Scores, Side

BATCH = 32
"""Texts in one call: what the check takes at most."""
LEVEL = 0.5
"""Where a probability becomes a flag."""


@dataclass
class Measured:
    """A side over one kind of texts. Lists hold a figure per round, per text."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    encoder: list[float] = field(default_factory=list)
    scores: Scores = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def per_second(self) -> float:
        """Texts a second by the clock, median."""
        return 1 / statistics.median(self.seconds)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of a text, median: a thousand over it is texts a second of a core."""
        return statistics.median(self.cpu) * 1000

    @property
    def encoder_share(self) -> float:
        """Of the CPU time."""
        return statistics.median(self.encoder) / max(statistics.median(self.cpu), 1e-12)


def measure(sides: Mapping[str, Side], texts: Sequence[Text], rounds: int) -> dict[str, Measured]:
    """Every side over the texts, `rounds` times after one to warm up."""
    batches = [[text.text for text in texts[at : at + BATCH]] for at in range(0, len(texts), BATCH)]
    found = {name: Measured() for name in sides}
    for turn in range(rounds + 1):
        for name, side in sides.items():
            before = side.encoder_seconds
            clock, cpu = time.perf_counter(), time.process_time()
            scores = [side.scores(batch) for batch in batches]
            cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
            if turn == 0:
                found[name].scores = np.concatenate(scores)
                continue
            found[name].seconds.append(clock / len(texts))
            found[name].cpu.append(cpu / len(texts))
            found[name].encoder.append((side.encoder_seconds - before) / len(texts))
    return found


def judged(scores: Scores, texts: Sequence[Text]) -> tuple[float | None, float | None]:
    """(share of the unsafe texts that are flagged, share of the harmless that are not); None where there are none."""
    flagged = scores.max(axis=1) >= LEVEL
    unsafe = np.array([text.unsafe is True for text in texts])
    harmless = np.array([text.unsafe is False for text in texts])
    caught = float(flagged[unsafe].mean()) if unsafe.any() else None
    kept = float(1 - flagged[harmless].mean()) if harmless.any() else None
    return caught, kept

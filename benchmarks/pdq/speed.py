"""Whether both sides say the same, and what each takes: CPU time of the thread, side after side in every round."""

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sluice.hashing import Rgb
from sluice.pdq_engines import PdqEngine

SIDES = (512, 1000, 1024, 2048)
"""Pixels of the square pictures that are timed. 1000: where the reference's columns do not share cache lines."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One size. Milliseconds, medians of the rounds; `ratio`: the median of the rounds' ratios."""

    side: int
    reference: float
    ours: float
    reference_variants: float
    ours_variants: float
    ratio: float


def differing(pictures: Iterable[Rgb], reference: PdqEngine, engines: Sequence[PdqEngine]) -> tuple[int, int]:
    """How many pictures were hashed, and for how many any engine gives another hash, variant or quality."""
    seen = wrong = 0
    for picture in pictures:
        expected = reference.hash(picture), reference.dihedral(picture)
        seen += 1
        wrong += any((engine.hash(picture), engine.dihedral(picture)) != expected for engine in engines)
    return seen, wrong


def timed(side: int, reference: PdqEngine, ours: PdqEngine, rounds: int) -> Timed:
    """Noise of that size, hashed by both."""
    picture = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    found: Mapping[str, list[float]] = {name: [] for name in ("reference", "ours", "reference 8", "ours 8")}
    for turn in range(rounds + 1):
        for name, engine in (("reference", reference), ("ours", ours)):
            one, eight = _milliseconds(engine, picture)
            if turn:
                found[name].append(one)
                found[f"{name} 8"].append(eight)
    ratios = [a / b for a, b in zip(found["reference"], found["ours"], strict=True)]
    usual = {name: statistics.median(times) for name, times in found.items()}
    return Timed(
        side, usual["reference"], usual["ours"], usual["reference 8"], usual["ours 8"], statistics.median(ratios)
    )


def _milliseconds(engine: PdqEngine, picture: Rgb) -> tuple[float, float]:
    start = time.thread_time_ns()
    engine.hash(picture)
    middle = time.thread_time_ns()
    engine.dihedral(picture)
    return (middle - start) / 1e6, (time.thread_time_ns() - middle) / 1e6

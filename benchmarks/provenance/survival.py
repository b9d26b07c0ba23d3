"""What becomes of a picture's evidence under one change."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from provenance.compare import Comparison, compare
from provenance.fingerprint import ANGLES, Fingerprints, fingerprints, luma, queries
from provenance.index import FingerprintIndex
from provenance.watermark import Watermark
from sluice.hashing import PDQ_BITS, Rgb, hamming

KEY = b"a key for measuring, not for use"


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that is in the index, and a copy of it with a watermark."""

    number: int
    name: str
    rgb: Rgb
    kept: Fingerprints
    grey: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    marked: Rgb
    mark: bytes


@dataclass(slots=True)
class Survival:
    """One change over all pictures. `whole`: distance of the hash of the whole; `nearest`: of the nearest of all."""

    whole: list[int] = field(default_factory=list)
    nearest: list[int] = field(default_factory=list)
    by: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    marked: int = 0
    bits: list[float] = field(default_factory=list)
    similarity: list[float] = field(default_factory=list)
    differing: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def form(self) -> dict[str, object]:
        """As JSON."""
        count = len(self.whole)
        found = self.by["verified"] + self.by["candidate"]
        return {
            "pictures": count,
            "found": found,
            "verified": self.by["verified"],
            "candidate": self.by["candidate"],
            "false_verified": self.wrong,
            "watermark": self.marked,
            "either": self.by["either"],
            "bit_accuracy": round(statistics.mean(self.bits), 4),
            "whole_median": statistics.median(self.whole),
            "whole_max": max(self.whole),
            "whole_within_31": sum(bits <= 31 for bits in self.whole),
            "nearest_median": statistics.median(self.nearest),
            "nearest_max": max(self.nearest),
            "similarity_least": round(min(self.similarity, default=0.0), 3),
            "differing_most": round(max(self.differing, default=0.0), 3),
            "lost": self.lost,
        }


def known(pictures: Mapping[str, Rgb], watermark: Watermark) -> list[Known]:
    """With fingerprints and marks."""
    source = np.random.default_rng(1)
    out = []
    for number, (name, rgb) in enumerate(pictures.items(), 1):
        mark = watermark.mark(source.bytes(6))
        out.append(Known(number, name, rgb, fingerprints(rgb), luma(rgb), watermark.embed(rgb, mark), mark))
    return out


def survival(
    change: Callable[[Image.Image], Image.Image],
    everything: Sequence[Known],
    index: FingerprintIndex,
    watermark: Watermark,
) -> Survival:
    """Changes every picture, asks the index, compares what it says, and reads the mark of the marked copy."""
    result = Survival()
    by_number = {one.number: one for one in everything}
    for one in everything:
        rgb = np.asarray(change(Image.fromarray(one.rgb)))
        grey = luma(rgb)
        # Turning the query costs most of the time; where it is not needed it changes nothing of what is counted here.
        for angles in ((0.0,), ANGLES):
            asked = queries(rgb, angles)
            candidates = index.find(asked.hashes)
            if one.number in {candidate.number for candidate in candidates}:
                break
        verified: dict[int, Comparison] = {}
        for candidate in candidates[:5]:
            other = by_number[candidate.number]
            verified[candidate.number] = compare(grey, asked.windows, other.grey, other.kept.windows)
        result.wrong += sum(comparison.copy for number, comparison in verified.items() if number != one.number)
        own = verified.get(one.number)
        result.by["verified"] += own is not None and own.copy
        seen = one.number in {candidate.number for candidate in candidates}
        result.by["candidate"] += seen and not (own is not None and own.copy)
        if own is not None:
            result.similarity.append(own.similarity)
            result.differing.append(own.differing)
        marked_grey = luma(np.asarray(change(Image.fromarray(one.marked))))
        read = watermark.read(marked_grey) == one.mark
        result.marked += read
        result.by["either"] += seen or read
        result.bits.append(
            1 - min(hamming(watermark.bits(side), one.mark) for side in (marked_grey, marked_grey[:, ::-1])) / 64
        )
        if not seen:
            result.lost.append(one.name)
        pairs = [hamming(a, b) for a in asked.hashes for b in one.kept.hashes]
        result.nearest.append(min(pairs, default=PDQ_BITS))
        wholes = [hamming(a.pdq, b) for a in asked.windows[:1] for b in one.kept.hashes[:1]]
        result.whole.append(min(wholes, default=PDQ_BITS))
    return result


def psnr(one: Rgb, other: Rgb) -> float:
    """In dB."""
    return 10 * float(np.log10(255**2 / np.mean((one.astype(np.float64) - other) ** 2)))

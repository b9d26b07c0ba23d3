"""False matches: other pictures of the same prompt, and pictures that have nothing to do with each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.provenance.scenes import picture, prompt
from benchmarks.provenance.survival import Known
from provenance.compare import compare
from provenance.fingerprint import fingerprints, luma, queries
from provenance.index import FingerprintIndex
from sluice.hashing import PDQ_THRESHOLD, Rgb, hamming

LOOSE = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Shares of the details that differ from one seed to the other."""
_FIRST = 1000
"""Number of the first prompt, apart from those of the originals."""


@dataclass(frozen=True, slots=True)
class Mistaken:
    """Of so many pairs of different pictures: near by their whole hash, near by any, and taken for a copy.

    `least`: the smallest share of parts that differ among those that were compared."""

    pairs: int
    whole: int
    candidates: int
    verified: int
    least: float

    def form(self) -> dict[str, object]:
        """As JSON."""
        return {
            "pairs": self.pairs,
            "whole_within_31": self.whole,
            "candidates": self.candidates,
            "false_verified": self.verified,
            "differing_least": round(self.least, 3),
        }


def families(prompts: int, seeds: int) -> Mapping[float, Mistaken]:
    """By looseness: each further picture of a prompt against its first."""
    return {loose: _mistaken(_pairs(prompts, seeds, loose)) for loose in LOOSE}


def strangers(everything: Sequence[Known], prompts: int) -> dict[str, int]:
    """Pictures of other prompts, asked of an index of all the originals."""
    index = FingerprintIndex()
    try:
        for one in everything:
            index.add(one.number, one.kept.hashes)
        by_number = {one.number: one for one in everything}
        candidates = verified = 0
        for number in range(prompts):
            rgb = picture(prompt(2 * _FIRST + number), 1, 1.0)
            asked, grey = queries(rgb), luma(rgb)
            found = index.find(asked.hashes)
            candidates += len(found)
            for candidate in found[:5]:
                other = by_number[candidate.number]
                verified += compare(grey, asked.windows, other.grey, other.kept.windows).copy
    finally:
        index.close()
    return {"queries": prompts, "known": len(everything), "candidates": candidates, "false_verified": verified}


def _pairs(prompts: int, seeds: int, loose: float) -> list[tuple[Rgb, Rgb]]:
    out = []
    for number in range(_FIRST, _FIRST + prompts):
        first = picture(prompt(number), 1, loose)
        out += [(first, picture(prompt(number), seed, loose)) for seed in range(2, 2 + seeds)]
    return out


def _mistaken(pairs: Sequence[tuple[Rgb, Rgb]]) -> Mistaken:
    whole = candidates = verified = 0
    least = 1.0
    for first, other in pairs:
        kept, asked = fingerprints(first), queries(other)
        whole += any(hamming(a, b) <= PDQ_THRESHOLD for a in asked.hashes[:1] for b in kept.hashes[:1])
        if all(hamming(a, b) > PDQ_THRESHOLD for a in asked.hashes for b in kept.hashes):
            continue
        candidates += 1
        comparison = compare(luma(other), asked.windows, luma(first), kept.windows)
        verified += comparison.copy
        least = min(least, comparison.differing)
    return Mistaken(len(pairs), whole, candidates, verified, least)

"""Words, word pairs and character runs of a text as a sparse vector of fixed size.

The hash is CRC-32, which is the same everywhere; Python's own `hash` differs between processes. Nine in ten of what
is hashed are runs of characters: those of a batch are hashed together, a byte further in each step.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

BUCKETS = 1 << 16
SHORTEST = 2
"""Characters in the shortest character n-gram."""
LONGEST = 5
"""Characters in the longest one."""

_WORD = re.compile(r"\w+")
_WORD_SEED = 1
_PAIR_SEED = 2
_CHARACTER_SEED = 3
_ALL_ONES = 0xFFFFFFFF

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sparse:
    """The buckets that are not zero, ascending, and the value of each."""

    buckets: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]


def grams(text: str) -> Counter[int]:
    """How often each bucket is hit by the lower-cased text's words, neighbouring pairs of words, and runs of two to
    five characters of each word between two spaces.
    """
    buckets, counts, _ = _counted([text])
    return Counter(dict(zip(buckets.tolist(), counts.tolist(), strict=True)))


def vector(text: str, rarity: npt.NDArray[Any] | None = None) -> Sparse:
    """1 + log of each count, times `rarity` (a weight per bucket) where given, brought to length 1.

    A text without any word has no buckets.
    """
    return vectors([text], rarity)[0]


def vectors(texts: Sequence[str], rarity: npt.NDArray[Any] | None = None) -> list[Sparse]:
    """`vector` of each text, in order and to the bit; for many texts at once it takes a fraction of the time."""
    if not texts:
        return []
    buckets, counts, ends = _counted(texts)
    damped = np.array([0.0, *(1 + log(count) for count in range(1, int(counts.max(initial=0)) + 1))], np.float32)
    values = damped[counts]
    if rarity is not None:
        values = values * rarity[buckets].astype(np.float32)
    parts = zip(np.split(buckets, ends), np.split(values, ends), strict=True)
    return [Sparse(hit, value / max(float(np.linalg.norm(value)), 1e-12)) for hit, value in parts]


def _counted(texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], Numbers, Numbers]:
    """The buckets that each text hits, text after text and ascending in each; how often; and where texts but the
    last one end."""
    hits: list[int] = []
    owners: list[int] = []
    spaced: list[bytes] = []
    for index, text in enumerate(texts):
        words = _WORD.findall(text.lower())
        encoded = [word.encode() for word in words]
        before = len(hits)
        hits += [crc32(word, _WORD_SEED) for word in encoded]
        hits += [crc32(first + b" " + second, _PAIR_SEED) for first, second in pairwise(encoded)]
        for word in words:
            if not word.isascii():
                hits += _runs_of_characters(f" {word} ")
        owners += [index] * (len(hits) - before)
        spaced.append(b"".join(b" " + word for word in encoded if word.isascii()))
    runs, begins = _runs_of_bytes(b"".join(spaced))
    run_owners = np.searchsorted(np.cumsum([len(part) for part in spaced]), begins, side="right")
    keys = np.concatenate([np.array(owners, np.int64), run_owners]) * BUCKETS
    keys += np.concatenate([np.array(hits, np.int64), runs]) % BUCKETS
    found, counts = np.unique(keys, return_counts=True)
    ends = np.searchsorted(found, np.arange(1, len(texts)) * BUCKETS)
    return (found % BUCKETS).astype(np.int32), counts, ends


def _runs_of_characters(padded: str) -> list[int]:
    """The CRC-32 of every run of two to five characters of a word between two spaces, one by one."""
    sizes = range(SHORTEST, LONGEST + 1)
    runs = (padded[at : at + size] for size in sizes for at in range(len(padded) - size + 1))
    return [crc32(run.encode(), _CHARACTER_SEED) for run in runs]


def _runs_of_bytes(spaced: bytes) -> tuple[Numbers, Numbers]:
    """The same for many ASCII words at once, a space before each: the CRC-32, and the place of the first byte."""
    data = np.frombuffer(spaced + b" " * LONGEST, np.uint8)
    spaces = np.flatnonzero(data == ord(" "))
    starts = np.arange(len(spaced))
    # From each start to the end of its word and the space behind it.
    room = spaces[np.searchsorted(spaces, starts, side="right")] + 1 - starts
    table = _table()
    registers = np.empty((LONGEST + 1, len(starts)), np.uint32)
    registers[0] = _CHARACTER_SEED ^ _ALL_ONES
    for size in range(1, LONGEST + 1):
        register = registers[size - 1]
        registers[size] = table[(register ^ data[size - 1 : size - 1 + len(starts)]) & 0xFF] ^ (register >> 8)
    sizes, places = np.nonzero(np.arange(SHORTEST, LONGEST + 1)[:, None] <= room)
    return (registers[SHORTEST:][sizes, places] ^ _ALL_ONES).astype(np.int64), places


@cache
def _table() -> npt.NDArray[np.uint32]:
    """CRC-32's register after each byte, from nothing: what `zlib` computes with, as numbers."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1)
    table.flags.writeable = False
    return table

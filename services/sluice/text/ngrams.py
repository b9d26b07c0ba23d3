"""Words, word pairs and character runs of a text as a sparse vector of fixed size.

The hash is CRC-32, which is the same everywhere; Python's own `hash` differs between processes.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

BUCKETS = 1 << 16
LONGEST = 5
"""Characters in the longest character n-gram; the shortest has two."""

_WORD = re.compile(r"\w+")
_WORD_SEED = 1
_PAIR_SEED = 2
_CHARACTER_SEED = 3


@dataclass(frozen=True, slots=True)
class Sparse:
    """The buckets that are not zero, ascending, and the value of each."""

    buckets: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]


def grams(text: str) -> Counter[int]:
    """How often each bucket is hit by the lower-cased text's words, neighbouring pairs of words, and runs of two to
    five characters of each word between two spaces.
    """
    words = [word.encode() for word in _WORD.findall(text.lower())]
    hits = [crc32(word, _WORD_SEED) for word in words]
    hits += [crc32(first + b" " + second, _PAIR_SEED) for first, second in pairwise(words)]
    for word in words:
        padded = f" {word.decode()} "
        for size in range(2, LONGEST + 1):
            for start in range(len(padded) - size + 1):
                hits.append(crc32(padded[start : start + size].encode(), _CHARACTER_SEED))
    return Counter(hit % BUCKETS for hit in hits)


def vector(text: str, rarity: npt.NDArray[Any] | None = None) -> Sparse:
    """1 + log of each count, times `rarity` (a weight per bucket) where given, brought to length 1.

    A text without any word has no buckets.
    """
    counts = grams(text)
    buckets = np.array(sorted(counts), np.int32)
    values = np.array([1 + log(counts[bucket]) for bucket in buckets.tolist()], np.float32)
    if rarity is not None:
        values = values * rarity[buckets].astype(np.float32)
    return Sparse(buckets, values / max(float(np.linalg.norm(values)), 1e-12))

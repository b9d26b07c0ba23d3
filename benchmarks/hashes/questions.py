"""What the service is asked, with the answers: pictures that a list knows, nearly knows, or does not know."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.hashes.inputs import Inputs
from sluice.hashes.entries import Column, Entries
from sluice.hashes.sections import DIGEST_BYTES, Bytes
from sluice.hashing import DIHEDRAL, PDQ_BITS, PDQ_BYTES, PDQ_THRESHOLD
from sluice.v1.contents_pb2 import PreparedContent

BANK = "benchmark"

Answer = tuple[tuple[str, str, int], ...]
"""Entry, method and distance of each match."""


@dataclass(frozen=True, slots=True)
class Question:
    """A picture's digests as ingest sends them, and what must come back."""

    content: PreparedContent
    answer: Answer


def entries(inputs: Inputs) -> Iterator[Entries]:
    """The inputs' hashes, each entry with an MD5 too."""
    for start, run in _numbered(inputs):
        known = {"md5": Column.of_all(_md5s(inputs, start, len(run)))}
        yield Entries(run.ids, 0, run.pdq, None, known)


def questions(inputs: Inputs, count: int) -> Sequence[Question]:
    """In turn: near a hash of a list, at 0 to 31 bits, in one of the eight variants; a stranger; an MD5 of a list;
    32 to 40 bits from a hash of a list. The digests that are not told of are random."""
    source = np.random.default_rng([inputs.seed, 1 << 41])
    start, run = next(_numbered(inputs))
    hashes, md5s = next(inputs.runs()), _md5s(inputs, start, len(run))
    return [_question(number, source, hashes, md5s) for number in range(count)]


def stranger(source: np.random.Generator) -> PreparedContent:
    """A picture that no list knows."""
    found = PreparedContent(id="c0")
    digests = found.image.digests
    digests.md5, digests.sha1, digests.sha256 = (source.bytes(size) for size in DIGEST_BYTES.values())
    digests.pdq.extend(source.bytes(PDQ_BYTES) for _ in DIHEDRAL)
    digests.pdq_quality = 100
    return found


def _question(number: int, source: np.random.Generator, hashes: Bytes, md5s: Bytes) -> Question:
    content = stranger(source)
    digests = content.image.digests
    entry, turn = int(source.integers(len(hashes))), number // 4
    name = f"{entry:010}"
    match number % 4:
        case 0:
            distance = turn % (PDQ_THRESHOLD + 1)
            digests.pdq[turn % len(DIHEDRAL)] = _moved(hashes[entry], distance, source)
            return Question(content, ((name, "pdq", distance),))
        case 2:
            digests.md5 = md5s[entry].tobytes()
            return Question(content, ((name, "md5", 0),))
        case 3:
            digests.pdq[turn % len(DIHEDRAL)] = _moved(hashes[entry], PDQ_THRESHOLD + 1 + turn % 9, source)
    return Question(content, ())


def _moved(found: Bytes, distance: int, source: np.random.Generator) -> bytes:
    bits = np.unpackbits(found)
    bits[source.choice(PDQ_BITS, distance, replace=False)] ^= 1
    return np.packbits(bits).tobytes()


def _numbered(inputs: Inputs) -> Iterator[tuple[int, Entries]]:
    start = 0
    for run in inputs.entries():
        yield start, run
        start += len(run)


def _md5s(inputs: Inputs, start: int, count: int) -> Bytes:
    source = np.random.default_rng([inputs.seed, start, 1 << 42])
    size = DIGEST_BYTES["md5"]
    return np.frombuffer(source.bytes(size * count), np.uint8).reshape(-1, size)

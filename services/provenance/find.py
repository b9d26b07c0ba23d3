"""Did we make this? Layers of evidence, the cheapest first.

1. A trusted manifest of ours, 2. the same bytes, 3. the same pixels: each of these ends the search. 4. The watermark,
where there is one to look for. 5. Fingerprints that are near; the nearest are fetched and laid over the picture.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from provenance.answer import CONFIDENCE, Answer, Evidence, Finding
from provenance.compare import Comparison, compare
from provenance.index import Candidate, FingerprintIndex
from provenance.look import Look, UnreadableError, look
from provenance.record import Record, Records
from provenance.watermark import Watermark
from sluice.errors import RetryableError, SluiceError
from sluice.provenance import State

Fetch = Callable[[str], Awaitable[bytes]]
"""The object with that key. Raises RetryableError where the store does not answer; any other SluiceError: it is not
there, or is not what it was."""

OBJECT_STORE = "object store"
INDEX = "fingerprints"


@dataclass(frozen=True, slots=True)
class Limits:
    """`results`: findings in an answer. `candidates`: asked of the index. `compared`: pictures fetched for one
    look-up: each takes the CPU of reading a picture, a third of a second."""

    results: int = 10
    candidates: int = 50
    compared: int = 5


@dataclass(slots=True)
class _Found:
    """Findings by record, each by its strongest evidence."""

    by_number: dict[int, Finding] = field(default_factory=dict)
    without_record: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        if finding.record is None:
            self.without_record.append(finding)
            return
        known = self.by_number.get(finding.record.number)
        if known is None or finding.evidence < known.evidence:
            self.by_number[finding.record.number] = finding

    def answer(self, limits: Limits, not_asked: Sequence[str]) -> Answer:
        everything = [*self.without_record, *self.by_number.values()]
        everything.sort(key=lambda one: (one.evidence, -one.confidence, one.distance))
        return Answer(tuple(everything[: limits.results]), tuple(not_asked))


async def find(
    seen: Look,
    records: Records,
    index: FingerprintIndex,
    fetch: Fetch,
    *,
    watermarks: Sequence[Watermark] = (),
    limits: Limits | None = None,
) -> Answer:
    """`seen`: a look taken with `query=True` and our trust anchors. `watermarks`: one for each key in use.

    Raises RetryableError where the records do not answer. A store of pictures that does not answer only leaves
    candidates what they are, and is named in the answer.
    """
    limits = limits or Limits()
    found = _Found()
    if seen.credentials.state is State.TRUSTED:
        await _credential(seen, records, found)
    for evidence, known in (
        (Evidence.EXACT_BYTES, await records.by_digest(seen.sha256)),
        (Evidence.EXACT_PIXELS, await records.by_pixels(seen.pixels_sha256)),
    ):
        for record in known:
            found.add(_of(evidence, record))
    if found.by_number or found.without_record:
        return found.answer(limits, ())
    for watermark in watermarks:
        mark = await asyncio.to_thread(watermark.read, seen.grey())
        for record in await records.by_watermark(mark) if mark is not None else ():
            found.add(_of(Evidence.WATERMARK, record))
    not_asked = await _near(seen, records, index, fetch, found, limits)
    return found.answer(limits, not_asked)


async def _credential(seen: Look, records: Records, found: _Found) -> None:
    label, serial = seen.credentials.label, seen.credentials.serial
    known = await records.by_label(label)
    for record in known:
        found.add(_of(Evidence.CREDENTIAL, record))
    if not known:
        confidence = CONFIDENCE[Evidence.CREDENTIAL]
        found.add(Finding(Evidence.CREDENTIAL, confidence, None, label, serial))


async def _near(
    seen: Look, records: Records, index: FingerprintIndex, fetch: Fetch, found: _Found, limits: Limits
) -> list[str]:
    """Candidates of the index, compared where that can be done; gives what could not be asked."""
    candidates = await asyncio.to_thread(index.find, seen.fingerprints.hashes, most=limits.candidates)
    of_number = {record.number: record for record in await records.by_numbers([one.number for one in candidates])}
    unanswered = False
    compared = 0
    for candidate in candidates:
        record = of_number.get(candidate.number)
        if record is None:
            continue
        comparison = None
        if compared < limits.compared and not unanswered:
            compared += 1
            try:
                comparison = await _compared(seen, record, fetch)
            except RetryableError:
                unanswered = True
        found.add(_judged(candidate, record, comparison))
    return [OBJECT_STORE] if unanswered else []


async def _compared(seen: Look, record: Record, fetch: Fetch) -> Comparison | None:
    """None where our picture is not there any more or cannot be read. Raises RetryableError."""
    try:
        ours = await asyncio.to_thread(look, await fetch(record.object_key))
    except UnreadableError:
        return None
    except RetryableError:
        raise
    except SluiceError:
        return None
    windows = seen.fingerprints.windows
    return await asyncio.to_thread(compare, seen.grey(), windows, ours.grey(), ours.fingerprints.windows)


def _judged(candidate: Candidate, record: Record, comparison: Comparison | None) -> Finding:
    """A copy is verified. What was compared and is none stays a candidate that is worth less."""
    evidence = Evidence.FINGERPRINT_CANDIDATE
    confidence = CONFIDENCE[evidence] * (1 - candidate.distance / 64)
    if comparison is not None and comparison.copy:
        evidence = Evidence.FINGERPRINT_VERIFIED
        confidence = CONFIDENCE[evidence] * comparison.similarity
    elif comparison is not None:
        confidence *= 0.5 * (1 - comparison.differing)
    return Finding(
        evidence,
        round(confidence, 3),
        record,
        record.manifest_label,
        record.certificate_serial,
        candidate.variant,
        candidate.distance,
        round(comparison.similarity, 3) if comparison is not None else 0.0,
    )


def _of(evidence: Evidence, record: Record) -> Finding:
    return Finding(evidence, CONFIDENCE[evidence], record, record.manifest_label, record.certificate_serial)

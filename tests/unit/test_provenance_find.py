"""Did we make this? Each kind of evidence, and what is said where there is none."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image, ImageOps

from c2pa_signer.manifest import plan
from provenance.answer import Answer, Evidence, Verdict
from provenance.find import OBJECT_STORE, Limits, find
from provenance.index import FingerprintIndex
from provenance.look import look
from provenance.opened import open_records
from provenance.record import Record, Records
from provenance.watermark import Watermark
from sluice.errors import RetryableError
from sluice.hashing import Rgb
from sluice.objects import NotFoundError
from tests.unit.provenance_pictures import changed, cropped, encoded, framed, scene
from tests.unit.provenance_records import record
from tests.unit.signing import FACTS, anchor, picture, signer

WATERMARK = Watermark(bytes(range(32)))


@dataclass(slots=True)
class Desk:
    """Records, an index and a store with what was kept."""

    records: Records
    index: FingerprintIndex
    store: dict[str, bytes]
    down: bool = False

    async def keep(self, data: bytes, **changes: object) -> Record:
        """As the service does with what was signed."""
        seen = look(data)
        made = record(
            signed_sha256=seen.sha256,
            pixels_sha256=seen.pixels_sha256,
            hashes=seen.fingerprints.hashes,
            **changes,
        )
        number = await self.records.put(made, b"")
        self.index.add(number, made.hashes)
        self.store[made.object_key] = data
        return made

    async def fetch(self, key: str) -> bytes:
        if self.down:
            raise RetryableError("the store does not answer")
        if key not in self.store:
            raise NotFoundError(key)
        return self.store[key]

    async def ask(self, data: bytes, watermarks: Sequence[Watermark] = (), limits: Limits | None = None) -> Answer:
        seen = look(data, anchor(), query=True)
        return await find(seen, self.records, self.index, self.fetch, watermarks=watermarks, limits=limits)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    records = await open_records(str(tmp_path / "records.db"))
    index = FingerprintIndex()
    yield Desk(records, index, {})
    index.close()
    await records.close()


async def test_a_trusted_manifest_names_its_record(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    signed = signer(tmp_path_factory.mktemp("certs")).sign(picture(), "image/jpeg", plan(FACTS, "image/jpeg")).data
    label = look(signed, anchor()).credentials.label
    kept = await desk.keep(encoded(scene(9)), manifest_label=label)
    (found,) = (await desk.ask(signed)).findings
    assert (found.evidence, found.confidence) == (Evidence.CREDENTIAL, 1.0)
    assert found.record is not None
    assert found.record.request_id == kept.request_id


async def test_a_trusted_manifest_counts_when_its_record_is_gone(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    signed = signer(tmp_path_factory.mktemp("certs")).sign(picture(), "image/jpeg", plan(FACTS, "image/jpeg")).data
    answer = await desk.ask(signed)
    assert answer.verdict is Verdict.OURS
    assert answer.findings[0].record is None
    assert answer.findings[0].label.startswith("urn:c2pa:")


async def test_the_same_bytes_and_the_same_pixels_are_told_apart(desk: Desk) -> None:
    data = encoded(scene(1), compress_level=1)
    kept = await desk.keep(data)
    for other, evidence in ((data, Evidence.EXACT_BYTES), (encoded(scene(1)), Evidence.EXACT_PIXELS)):
        (found,) = (await desk.ask(other)).findings
        assert (found.evidence, found.label) == (evidence, kept.manifest_label)


@pytest.mark.parametrize("change", [ImageOps.mirror, cropped, framed])
async def test_a_changed_copy_is_found_and_verified(desk: Desk, change: Callable[[Image.Image], Image.Image]) -> None:
    kept = await desk.keep(encoded(scene(1)))
    await desk.keep(encoded(scene(2)))
    answer = await desk.ask(encoded(changed(scene(1), change), "JPEG", quality=70))
    (found,) = answer.findings
    assert (found.evidence, found.label) == (Evidence.FINGERPRINT_VERIFIED, kept.manifest_label)
    assert found.similarity > 0.9
    assert answer.verdict is Verdict.OURS


async def test_a_picture_of_the_same_prompt_is_a_candidate_and_no_more(desk: Desk) -> None:
    await desk.keep(encoded(scene(1)))
    answer = await desk.ask(encoded(_blend(scene(1, details=0), scene(1, details=1))))
    assert [one.evidence for one in answer.findings] == [Evidence.FINGERPRINT_CANDIDATE]
    assert answer.verdict is Verdict.PERHAPS
    assert answer.findings[0].confidence < 0.4


async def test_a_store_that_does_not_answer_leaves_candidates(desk: Desk) -> None:
    kept = await desk.keep(encoded(scene(1)))
    copy = encoded(scene(1), "JPEG", quality=60)
    desk.down = True
    answer = await desk.ask(copy)
    assert answer.not_asked == (OBJECT_STORE,)
    assert (answer.verdict, answer.findings[0].label) == (Verdict.PERHAPS, kept.manifest_label)
    desk.down = False
    desk.store.clear()
    answer = await desk.ask(copy)
    assert (answer.verdict, answer.not_asked) == (Verdict.PERHAPS, ())


async def test_a_watermark_tells_two_pictures_of_one_prompt_apart(desk: Desk) -> None:
    marks = [WATERMARK.mark(bytes([0, 0, 0, 0, 0, at])) for at in (1, 2)]
    marked = [WATERMARK.embed(scene(1), mark) for mark in marks]
    kept = [await desk.keep(encoded(one), watermark=mark) for one, mark in zip(marked, marks, strict=True)]
    answer = await desk.ask(encoded(marked[1], "JPEG", quality=80), watermarks=[WATERMARK])
    assert (answer.findings[0].evidence, answer.findings[0].label) == (Evidence.WATERMARK, kept[1].manifest_label)


async def test_what_nobody_kept_is_unknown(desk: Desk) -> None:
    await desk.keep(encoded(scene(1)))
    answer = await desk.ask(encoded(scene(5)), watermarks=[WATERMARK])
    assert (answer.verdict, answer.findings, answer.not_asked) == (Verdict.UNKNOWN, (), ())


async def test_an_answer_is_no_longer_than_asked_for(desk: Desk) -> None:
    for _ in range(3):
        await desk.keep(encoded(scene(1)))
    copy = encoded(scene(1), "JPEG", quality=60)
    assert len((await desk.ask(copy)).findings) == 3
    answer = await desk.ask(copy, limits=Limits(results=2, compared=1))
    assert [one.evidence for one in answer.findings] == [
        Evidence.FINGERPRINT_VERIFIED,
        Evidence.FINGERPRINT_CANDIDATE,
    ]


def _blend(one: Rgb, other: Rgb) -> Rgb:
    """A third of the details of another."""
    return (0.65 * one + 0.35 * other).astype(one.dtype)

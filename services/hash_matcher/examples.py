"""Pictures with known answers: what the contract test and the readiness canary ask the check "hash"."""

from collections.abc import Sequence

from hash_matcher.banks import TEST_BANK
from sluice.check import Digests, Example, Item, Kind, Result, Status
from sluice.hashes.banks import CSAM
from sluice.hashing import Rgb, digests, pdq_dihedral
from sluice.samples.sample import encode
from sluice.samples.scenes import cottage
from sluice.samples.test_bank import test_bank_picture


def examples() -> Sequence[Example]:
    """An ordinary picture first, which is in no bank whichever are loaded; then two that need the test bank: one of
    its pictures as it is, and the same one mirrored in another file."""
    ordinary = cottage(256, 384)
    known = test_bank_picture(1)
    mirrored = known.rgb[::-1]
    return (
        Example("an ordinary picture is in no bank", _item(encode(ordinary, "PNG"), ordinary), _unknown),
        Example("a picture of the test bank", _item(known.data, known.rgb), _known_exactly),
        Example("the same picture, mirrored", _item(encode(mirrored, "PNG"), mirrored), _known_by_pdq),
    )


def _item(data: bytes, rgb: Rgb) -> Item:
    of_bytes = digests(data)
    hashes, quality = pdq_dihedral(rgb)
    found = Digests(of_bytes.md5, of_bytes.sha1, of_bytes.sha256, hashes, quality)
    return Item("c0", Kind.IMAGE, digests=found, width=rgb.shape[1], height=rgb.shape[0])


def _unknown(result: Result) -> bool:
    return result.status is Status.OK and not result.matches and "pdq_quality" in result.signals


def _known_exactly(result: Result) -> bool:
    return _matches(result) == [(TEST_BANK, "test-1", CSAM, "sha256", True)]


def _known_by_pdq(result: Result) -> bool:
    return _matches(result) == [(TEST_BANK, "test-1", CSAM, "pdq", True)]


def _matches(result: Result) -> list[tuple[str, str, str, str, bool]]:
    return [(match.list_name, match.entry, match.kind, match.method, match.test) for match in result.matches]

"""Looking a picture up in several banks at once."""

import random
from dataclasses import replace

import pytest

from hash_matcher.banks import Bank
from hash_matcher.index import view_of
from sluice.check import Digests
from sluice.hashes.listed import Listed
from sluice.hashes.view import Method
from tests.unit.hash_files import turned

SOURCE = random.Random(11)
HASH = SOURCE.randbytes(32)
ENTRY = Listed("known", pdq=HASH, quality=99, md5=b"m" * 16, sha1=b"s" * 20, sha256=b"S" * 32)
BANK = Bank("partner", "csam", False, "a partner", "matching", (ENTRY,))


def look_up(digests: Digests, *banks: Bank) -> list[tuple[str, str, str, int]]:
    (hits,) = view_of(banks).look_up([digests])
    return [(hit.bank.name, hit.entry, hit.method.value, hit.distance) for hit in hits]


def by_pdq(distance: int, quality: int = 100) -> Digests:
    """A picture that is `distance` bits from the known one in the last of its variants, far in the others."""
    variants = tuple(SOURCE.randbytes(32) for _ in range(7))
    return Digests(pdq=(*variants, turned(HASH, distance)), pdq_quality=quality)


@pytest.mark.parametrize(
    ("digests", "method"),
    [
        (Digests(md5=ENTRY.md5), "md5"),
        (Digests(sha1=ENTRY.sha1), "sha1"),
        (Digests(sha256=ENTRY.sha256), "sha256"),
        (Digests(md5=ENTRY.md5, sha1=ENTRY.sha1), "sha1"),
        (Digests(md5=ENTRY.md5, sha1=ENTRY.sha1, sha256=ENTRY.sha256, pdq=(HASH,), pdq_quality=99), "sha256"),
        (Digests(md5=ENTRY.md5, sha256=b"?" * 32), "md5"),
        (Digests(pdq=(HASH,), pdq_quality=99), "pdq"),
    ],
)
def test_an_entry_is_found_once_by_its_best_method(digests: Digests, method: str) -> None:
    assert look_up(digests, BANK) == [("partner", "known", method, 0)]


def test_every_method_has_been_tried_above() -> None:
    assert {method.value for method in Method} == {"md5", "sha1", "sha256", "pdq"}


@pytest.mark.parametrize(("distance", "found"), [(0, True), (31, True), (32, False)])
def test_any_variant_within_the_threshold_matches(distance: int, found: bool) -> None:
    expected = [("partner", "known", "pdq", distance)] if found else []
    assert look_up(by_pdq(distance), BANK) == expected


def test_each_bank_has_its_own_threshold() -> None:
    strict, wide = replace(BANK, name="strict", threshold=10), replace(BANK, name="wide", threshold=40)
    assert look_up(by_pdq(10), strict, wide) == [("strict", "known", "pdq", 10), ("wide", "known", "pdq", 10)]
    assert look_up(by_pdq(11), strict, wide) == [("wide", "known", "pdq", 11)]
    assert look_up(by_pdq(41), strict, wide) == []


def test_below_quality_50_only_exact_digests_count() -> None:
    assert look_up(by_pdq(0, quality=49), BANK) == []
    assert look_up(replace(by_pdq(0, quality=49), md5=ENTRY.md5), BANK) == [("partner", "known", "md5", 0)]
    assert look_up(by_pdq(0, quality=50), BANK) == [("partner", "known", "pdq", 0)]


def test_two_entries_with_the_same_digests_are_two_matches() -> None:
    twice = replace(BANK, entries=(ENTRY, replace(ENTRY, id="again")))
    assert look_up(Digests(md5=ENTRY.md5), twice) == [("partner", "again", "md5", 0), ("partner", "known", "md5", 0)]
    assert [hit[1] for hit in look_up(by_pdq(3), twice)] == ["again", "known"]


def test_the_closest_comes_first() -> None:
    other = Listed("other", pdq=turned(HASH, 20), quality=99)
    found = look_up(by_pdq(0), replace(BANK, entries=(other, ENTRY)))
    assert [(entry, distance) for _, entry, _, distance in found] == [("known", 0), ("other", 20)]


def test_an_md5_is_not_looked_up_among_other_digests() -> None:
    assert look_up(Digests(md5=b"S" * 16), replace(BANK, entries=(Listed("x", sha256=b"S" * 32),))) == []


def test_no_banks_and_no_digests_find_nothing() -> None:
    assert look_up(by_pdq(0)) == []
    assert look_up(Digests(), BANK) == []
    assert look_up(Digests(pdq_quality=100), BANK) == []

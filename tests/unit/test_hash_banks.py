"""What a bank is, and what its digest covers."""

from dataclasses import replace

import pytest

from hash_matcher.banks import TEST_BANK, Bank, built_in_test_bank
from sluice import samples
from sluice.hashes.banks import CSAM
from sluice.hashes.listed import Listed
from sluice.hashing import digests, pdq

ONE = Listed("one", pdq=b"1" * 32, quality=90, md5=b"m" * 16)
TWO = Listed("two", sha1=b"s" * 20, sha256=b"S" * 32)
BANK = Bank(name="partner", kind=CSAM, test=False, source="a partner", terms="matching only", entries=(ONE, TWO))


def test_the_digest_does_not_depend_on_the_order_of_entries() -> None:
    assert replace(BANK, entries=(TWO, ONE)).digest == BANK.digest
    assert BANK.version == BANK.digest.hex()[:12]


@pytest.mark.parametrize(
    "other",
    [
        replace(BANK, name="another"),
        replace(BANK, kind="terror"),
        replace(BANK, test=True),
        replace(BANK, threshold=30),
        replace(BANK, entries=(ONE,)),
        replace(BANK, entries=(replace(ONE, id="uno"), TWO)),
        replace(BANK, entries=(replace(ONE, pdq=b"2" * 32), TWO)),
        replace(BANK, entries=(replace(ONE, quality=None), TWO)),
        replace(BANK, entries=(replace(ONE, md5=b"", sha1=b"m" * 20), TWO)),
        replace(BANK, entries=(ONE, replace(TWO, sha256=b""))),
    ],
)
def test_the_digest_covers_whatever_decides_a_match(other: Bank) -> None:
    assert other.digest != BANK.digest


def test_where_a_bank_is_from_does_not_change_what_it_matches() -> None:
    assert replace(BANK, source="elsewhere", terms="others").digest == BANK.digest


def test_the_built_in_bank_lists_the_generated_pictures_and_says_that_it_is_a_test() -> None:
    bank = built_in_test_bank()
    pictures = {picture.name: picture for picture in samples.test_bank_pictures()}
    assert (bank.name, bank.kind, bank.test) == (TEST_BANK, CSAM, True)
    assert {entry.id for entry in bank.entries} == set(pictures)
    for entry in bank.entries:
        of_bytes = digests(pictures[entry.id].data)
        assert (entry.pdq, entry.quality) == pdq(pictures[entry.id].rgb)
        assert (entry.md5, entry.sha1, entry.sha256) == (of_bytes.md5, of_bytes.sha1, of_bytes.sha256)

"""Digests of exchanges become entries of ours."""

from sluice.hashes.listed import Listed
from sluice.hashes.sync.mapping import entry, entry_id, split


def test_words_of_exchanges() -> None:
    ours, others = split({"MD5": " ab ", "HASH_SHA1": "cd", "SHA-256": "ef", "ImagePDQ": "01", "PDNA": "2,3"})
    assert ours == {"md5": "ab", "sha1": "cd", "sha256": "ef", "pdq": "01"}
    assert others == ("pdna",)


def test_names() -> None:
    assert entry_id("42-abc") == "42-abc"
    assert entry_id("a b") != entry_id("a  b")
    assert entry_id("x" * 129).startswith("named-")
    assert len(entry_id("")) == 38


def test_malformed_digests_are_left_out() -> None:
    assert entry("1", {"md5": "AB" * 16, "sha1": "zz"}) == (Listed("1", md5=b"\xab" * 16), 1)
    assert entry("1", {"sha1": "zz"}) == (None, 1)
    assert entry("1", {"md5": ""}) == (None, 1)
    assert entry("1", {}) == (None, 0)

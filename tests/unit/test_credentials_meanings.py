"""Every code has a meaning, and the nearest one that is known."""

import pytest

from sluice.credentials.meanings import _MEANINGS, meaning


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("signingCredential.untrusted", "none of the trust anchors"),
        ("signingCredential.ocsp.revoked", "revoked"),
        ("signingCredential.unheardOf", "wrong with the signing certificate"),
        ("assertion.dataHash.mismatch", "not the one that was signed"),
        ("assertion.bmffHash.mismatch", "not the one that was signed"),
        ("assertion.dataHash.malformed", "breaks the rules"),
        ("assertion.action.malformed", "what was done"),
        ("claimSignature.mismatch", "signature does not fit"),
        ("claim.malformed", "the claim breaks"),
        ("unreadable.Remote", "nothing is ever fetched"),
        ("unreadable.slow", "more time"),
        ("unreadable.Io", "damaged"),
        ("claims", "not known here"),
        ("", "not known here"),
    ],
)
def test_meanings(code: str, words: str) -> None:
    assert words in meaning(code)


def test_no_family_hides_one_of_its_own() -> None:
    codes = [code for code, _ in _MEANINGS]
    assert len(set(codes)) == len(codes)
    for at, code in enumerate(codes):
        assert not any(code.startswith(f"{before}.") for before in codes[:at])

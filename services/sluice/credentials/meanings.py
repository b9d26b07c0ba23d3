"""What C2PA's status codes mean, for people. The codes are those of the C2PA specification 2.x, "Validation"."""

_CHANGED = (
    "the picture is not the one that was signed: bytes were changed, added or cut off, or it is another picture"
)
_STATEMENT = "what the manifest says was changed after it was signed"

_MEANINGS = (
    ("signingCredential.untrusted", "none of the trust anchors reaches the signer"),
    (
        "signingCredential.expired",
        "the signing certificate had expired, and no trusted timestamp shows that it had not",
    ),
    ("signingCredential.invalid", "the signing certificate is not one that may sign pictures"),
    ("signingCredential.ocsp.revoked", "the signing certificate was revoked"),
    ("signingCredential", "there is something wrong with the signing certificate"),
    ("assertion.dataHash.mismatch", _CHANGED),
    ("assertion.bmffHash.mismatch", _CHANGED),
    ("assertion.boxesHash.mismatch", _CHANGED),
    ("assertion.collectionHash.mismatch", _CHANGED),
    ("assertion.hashedURI.mismatch", _STATEMENT),
    ("assertion.missing", "a statement that was signed is missing"),
    ("assertion.undeclared", "a statement was added that was not signed"),
    ("assertion.multipleHardBindings", "the manifest is bound to more than one picture"),
    ("assertion.action", "the list of what was done to the picture breaks the rules of C2PA"),
    ("assertion", "a statement of the manifest breaks the rules of C2PA"),
    ("claimSignature.mismatch", "the signature does not fit: the claim was changed, or signed with another key"),
    ("claimSignature.missing", "there is no signature"),
    ("claimSignature.outsideValidity", "it was signed when the signing certificate was not valid"),
    ("claim.hardBindings.missing", "nothing binds the manifest to a picture"),
    ("claim", "the claim breaks the rules of C2PA"),
    ("timeStamp.untrusted", "none of the trust anchors reaches the timestamp authority"),
    ("timeStamp", "the timestamp does not fit the signature or cannot be read"),
    ("ingredient.manifest.mismatch", "the credentials of an ingredient were changed after this picture was signed"),
    (
        "ingredient.claimSignature.mismatch",
        "the credentials of an ingredient were changed after this picture was signed",
    ),
    ("ingredient", "what the manifest says of an ingredient is not true of it"),
    ("manifest.inaccessible", "the manifest is somewhere else, and nothing is ever fetched"),
    ("manifest", "the manifest breaks the rules of C2PA"),
    ("algorithm", "it uses a cryptographic algorithm that is not accepted"),
    ("unreadable.Remote", "the manifest is not in the file but somewhere else, and nothing is ever fetched"),
    ("unreadable.slow", "reading it took more time than any honest picture needs"),
    ("unreadable.died", "reading it took more memory than any honest picture needs, or crashed the reader"),
    ("unreadable", "the picture or its manifest is damaged and cannot be read"),
)
"""Code, or the words that a family of codes begins with -> meaning. The first that fits counts."""


def meaning(code: str) -> str:
    """In plain words; never empty."""
    for known, said in _MEANINGS:
        if code == known or code.startswith(known + "."):
            return said
    return "something that is not known here went wrong"

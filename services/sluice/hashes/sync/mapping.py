"""From what exchanges call digests to entries of ours."""

import hashlib
from collections.abc import Mapping

from sluice.hashes.listed import SIZES, Listed, good_id, read_listed

KINDS: Mapping[str, str] = {
    "pdq": "pdq",
    "hash_pdq": "pdq",
    "imagepdq": "pdq",
    "md5": "md5",
    "hash_md5": "md5",
    "hash_video_md5": "md5",
    "videomd5": "md5",
    "sha1": "sha1",
    "sha-1": "sha1",
    "hash_sha1": "sha1",
    "sha256": "sha256",
    "sha-256": "sha256",
    "hash_sha256": "sha256",
}
"""An exchange's word, in small letters, to ours. An exact digest is taken whatever the file is: what is listed as a
video may come as a picture that moves."""


def split(given: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """An entry's digests by our kinds, and the words, in small letters, for those that cannot be matched."""
    ours = {KINDS[word.lower()]: value.strip() for word, value in given.items() if word.lower() in KINDS}
    return ours, tuple(word.lower()[:40] for word in given if word.lower() not in KINDS)


def entry_id(text: str) -> str:
    """What an entry is called here: as there, where that is a name; else by a digest of it."""
    return text if good_id(text) else f"named-{named(text)}"


def named(text: str) -> str:
    """A name for what has none but its own hash, which no log should show."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def entry(identity: str, digests: Mapping[str, str]) -> tuple[Listed | None, int]:
    """The entry, and how many of its digests are malformed: those are left out. None where none is left."""
    good = {
        kind: value
        for kind, value in digests.items()
        if kind in SIZES and not read_listed({"id": identity, kind: value})[0]
    }
    listed = read_listed({"id": identity, **good})[1] if good else None
    return listed, len(digests) - len(good)

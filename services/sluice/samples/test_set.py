"""Harmless files with which an operator tries the whole path of a known picture, and the list that knows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sluice.hashes.listed import Listed
from sluice.hashing import digests, pdq
from sluice.samples.sample import encode
from sluice.samples.scenes import cottage
from sluice.samples.test_bank import test_bank_pictures


@dataclass(frozen=True, slots=True)
class Try:
    """A file, and what a list with `listed_test_pictures` says of it. `entry`: the id, empty where it is in no list;
    `exact`: matched by its bytes too, not only by what it looks like."""

    name: str
    data: bytes = field(repr=False)
    entry: str = ""
    exact: bool = False


def tries() -> Sequence[Try]:
    """The eight pictures of the test bank as they are listed; four of them saved again, halved, mirrored and turned;
    and one that no list knows."""
    bank = test_bank_pictures()
    changed = (
        ("saved-again.jpg", bank[0].encoded("JPEG", 50), bank[0].name),
        ("half-size.png", encode(bank[1].rgb[::2, ::2], "PNG"), bank[1].name),
        ("mirrored.webp", encode(bank[2].rgb[:, ::-1], "WEBP"), bank[2].name),
        ("turned.jpg", encode(np.ascontiguousarray(np.rot90(bank[3].rgb)), "JPEG"), bank[3].name),
    )
    return (
        *(Try(f"{one.name}.png", one.data, one.name, exact=True) for one in bank),
        *(Try(f"{entry}-{name}", data, entry) for name, data, entry in changed),
        Try("in-no-list.png", encode(cottage(512, 768), "PNG")),
    )


def listed_test_pictures() -> Sequence[Listed]:
    """The eight as a list has them, with every digest."""
    found = []
    for one in test_bank_pictures():
        of_bytes, (hashed, quality) = digests(one.data), pdq(one.rgb)
        found.append(Listed(one.name, hashed, quality, of_bytes.md5, of_bytes.sha1, of_bytes.sha256))
    return found

"""The categories of pictures are the contract's, without the one that is about words."""

from sluice.categories import CATEGORIES, CSAM
from sluice.models.categories import PICTURE_CATEGORIES


def test_they_are_the_contracts() -> None:
    assert tuple(category for category in CATEGORIES if category != "jailbreak") == PICTURE_CATEGORIES
    assert CSAM in PICTURE_CATEGORIES

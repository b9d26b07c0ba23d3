"""The categories of pictures are the contract's, without the one that is about words."""

from sluice.models.categories import CSAM, PICTURE_CATEGORIES
from sluice.policy.model import CATEGORIES


def test_they_are_the_contracts() -> None:
    assert tuple(category for category in CATEGORIES if category != "jailbreak") == PICTURE_CATEGORIES
    assert CSAM in PICTURE_CATEGORIES

"""Which categories a picture can be scored for: those of the contract that are not about the words of a request."""

from sluice.categories import CATEGORIES, JAILBREAK

PICTURE_CATEGORIES = tuple(name for name in CATEGORIES if name != JAILBREAK)
"""In the order of the contract. What no pack covers is abstained."""

DRAWN, PHOTOREAL = "drawn", "photoreal"
STYLE_SIGNALS = (DRAWN, PHOTOREAL)
"""How a picture looks, apart from what it shows."""

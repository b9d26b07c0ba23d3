"""Which categories a picture can be scored for: those of the contract that are not about the words of a request."""

CSAM = "csam"

PICTURE_CATEGORIES = (
    "sexual",
    "sexual/minors",
    "hate",
    "hate/threatening",
    "harassment",
    "harassment/threatening",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "violence",
    "violence/graphic",
    "illicit",
    "illicit/violent",
    "extremism",
    CSAM,
)
"""In the order of the contract. What no pack covers is abstained."""

DRAWN, PHOTOREAL = "drawn", "photoreal"
STYLE_SIGNALS = (DRAWN, PHOTOREAL)
"""How a picture looks, apart from what it shows."""

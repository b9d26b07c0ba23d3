"""The categories of harm: what scores are called on the wire and in policies."""

CSAM = "csam"
JAILBREAK = "jailbreak"

CATEGORIES = (
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
    JAILBREAK,
    CSAM,
)
"""Harm categories: the first thirteen are those of OpenAI's moderation API, the last three are ours."""

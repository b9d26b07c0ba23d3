"""Why something was not allowed, in sentences for the person who asked: no scores, no thresholds, no lists.

Keys are rules of the policy, categories of harm, and four of our own: "review", "unavailable", "unprocessable" and
"default". About material that somebody knows, and about scores of a classifier for it, there is no sentence but the
default: whoever sends it does not learn what recognised it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_CHILDREN: Final = "Content that sexualises children is never made here."
_EDITS: Final = "Pictures of children cannot be used like this here."
_HATE: Final = "Content that attacks people for who they are is not made here."
_HARASSMENT: Final = "Content that harasses or threatens somebody is not made here."
_SELF_HARM: Final = (
    "Content about harming oneself is not made here. If you are thinking about it, please talk to somebody you trust,"
    " or to a helpline near you."
)
_GRAPHIC: Final = "Content that shows graphic violence is not made here."
_ILLICIT: Final = "Content that helps with something unlawful or dangerous is not made here."
_PEOPLE: Final = "Pictures of some real people are not made here."
_ABUSE: Final = "Intimate or degrading pictures of real people are not made here."

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "default": "This goes against the rules for pictures here.",
        "review": "Somebody has to look at this first, so it cannot be shown now.",
        "unavailable": "This could not be checked just now. Please try again later.",
        "unprocessable": "This could not be read. Please try another text or another picture.",
        "sexual": "Sexual content is not made here.",
        "sexual/minors": _CHILDREN,
        "sexual-minors": _CHILDREN,
        "sexual-child": _CHILDREN,
        "no-child-edits": _EDITS,
        "no-child-likeness": _EDITS,
        "not-served": "This is not offered at your age.",
        "public-minor": _PEOPLE,
        "opted-out": _PEOPLE,
        "intimate-real-person": _ABUSE,
        "likeness-abuse": _ABUSE,
        "living-artist": "Pictures in the style of a living artist are not made here.",
        "hate": _HATE,
        "hate/threatening": _HATE,
        "harassment": _HARASSMENT,
        "harassment/threatening": _HARASSMENT,
        "self-harm": _SELF_HARM,
        "self-harm/intent": _SELF_HARM,
        "self-harm/instructions": _SELF_HARM,
        "violence": "Violent content is not made here.",
        "violence/graphic": _GRAPHIC,
        "violence-graphic": _GRAPHIC,
        "violence-photoreal": _GRAPHIC,
        "illicit": _ILLICIT,
        "illicit/violent": _ILLICIT,
        "extremism": "Content that promotes violent extremism is not made here.",
        "jailbreak": "This asks for a way around the rules for pictures here.",
        "prompt-not-allowed": "What this picture was made from was not allowed.",
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences by key. `own`: yours, in any language; they go before those in English.

    Where `own` has a "default", no English sentence is used for a rule or a category: name the others too, or that
    one stands for all of them.
    """

    own: Mapping[str, str]

    def __post_init__(self) -> None:
        if not all(isinstance(key, str) and isinstance(text, str) and text for key, text in self.own.items()):
            raise ValueError("words should be sentences by rule or category: strings that are not empty")

    def of(self, *keys: str) -> str:
        """The sentence of the first key that has one; that of "default" where none has."""
        for table in (self.own, ENGLISH):
            for key in (*keys, "default"):
                if key in table:
                    return table[key]
        return ENGLISH["default"]

    def of_refusal(self, action: str, reasons: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """For a decision that is not ALLOW: each sentence once. `reasons`: rule and category of each that decided."""
        if action == "REVIEW":
            return (self.of("review"),)
        found = [self.of(rule, category) if category else self.of(rule) for rule, category in reasons]
        return tuple(dict.fromkeys(found)) or (self.of("default"),)

    @property
    def of_no_answer(self) -> tuple[str, ...]:
        """Where nobody could say."""
        return (self.of("unavailable"),)

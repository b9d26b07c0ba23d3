"""What is sent: kinds of requests and their shares. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from sluice.errors import SluiceError


class Kind(StrEnum):
    """PROMPT: a text before generation. EDIT: a text and an upload before generation. OUTPUT: the generated picture,
    with its prompt."""

    PROMPT = "prompt"
    EDIT = "edit"
    OUTPUT = "output"


KINDS: Final = tuple(Kind)
WITH_PICTURE: Final = frozenset({Kind.EDIT, Kind.OUTPUT})
"""Kinds that carry one picture each."""


class MixError(SluiceError):
    """The words are no mix."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares by kind; they add up to 1."""

    shares: Mapping[Kind, float]

    @classmethod
    def parse(cls, text: str) -> "Mix":
        """Such as "output", or "prompt=8,output=1.5": weights of any size. Raises MixError."""
        weights: dict[Kind, float] = {}
        for word in text.split(","):
            name, _, weight = word.strip().partition("=")
            if name not in KINDS or Kind(name) in weights:
                problem = "twice" if name in KINDS else f"not one of {', '.join(KINDS)}"
                raise MixError(f"--mix {text!r}: {name!r} is {problem}; such as prompt=8,output=2")
            weights[Kind(name)] = _number(weight or "1", text)
        total = sum(weights.values())
        if not total:
            raise MixError(f"--mix {text!r}: every weight is 0")
        return cls({kind: weight / total for kind, weight in weights.items() if weight})

    @property
    def pictures(self) -> bool:
        """Whether any kind carries one."""
        return not WITH_PICTURE.isdisjoint(self.shares)

    def __str__(self) -> str:
        return ",".join(f"{kind}={share:.4g}" for kind, share in self.shares.items())

    def draw(self, count: int, seed: int) -> npt.NDArray[np.uint8]:
        """The kind of each of `count` requests, as places in KINDS. Each is drawn for itself, so that every kind
        arrives as the whole does."""
        weights = [self.shares.get(kind, 0.0) for kind in KINDS]
        return np.random.default_rng(seed).choice(len(KINDS), count, p=weights).astype(np.uint8)


def _number(word: str, text: str) -> float:
    try:
        found = float(word)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise MixError(f"--mix {text!r}: {word!r} should be a number from 0 on")
    return found

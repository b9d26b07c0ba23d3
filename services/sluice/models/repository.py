"""The model repository on disk: what is there, and whether it is what the cards name.

    models/<name>/config.pbtxt    for Triton
    models/<name>/card.yaml       see `card`
    models/<name>/<version>/...   the files themselves

A converted graph is pinned by the SHA-256 of its bytes. That is possible because the converters write every field
themselves: onnx 1.18, 1.20 and 1.23 (with protobuf 6 and 7) gave the same bytes.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sluice.check import ModelInfo
from sluice.errors import NotReadyError
from sluice.models import card as cards
from sluice.models.card import CARD, Card
from sluice.models.fields import CardError

MODEL = "model.onnx"


class State(StrEnum):
    """How a model stands."""

    READY = "ready"
    MISSING = "missing"
    DIFFERS = "differs"
    BAD_CARD = "bad card"
    OTHER_ANSWERS = "other answers"


@dataclass(frozen=True, slots=True)
class Standing:
    """A model and its state. `detail` says what is wrong and which command mends it; empty where all is well."""

    name: str
    state: State
    detail: str = ""
    card: Card | None = None


def names(models: Path) -> tuple[str, ...]:
    """Every folder that has a card, in order."""
    return tuple(sorted(path.parent.name for path in models.glob(f"*/{CARD}")))


def load(models: Path, name: str) -> Card:
    """The card of a model. Raises NotReadyError (CardError) where there is none or it is wrong."""
    path = models / name / CARD
    if not path.is_file():
        raise NotReadyError(f"no model {name} in {models}: set SLUICE_MODELS to the folder that holds its {CARD}")
    return cards.load(path)


def folder(models: Path, card: Card) -> Path:
    """Where a model's files lie."""
    return models / card.name / str(card.version)


def inspect(models: Path, name: str) -> Standing:
    """Compares every file of a model with its card."""
    try:
        card = load(models, name)
    except NotReadyError as error:
        return Standing(name, State.BAD_CARD, str(error))
    for file in card.files:
        path = folder(models, card) / file.name
        state = State.MISSING if not path.is_file() else State.DIFFERS if digest(path) != file.sha256 else None
        if state:
            return Standing(name, state, _advice(card, path, state), card)
    return Standing(name, State.READY, card=card)


def verify(models: Path, name: str) -> ModelInfo:
    """Which model is there, once all its files are what the card names.

    Raises NotReadyError with the command that mends it.
    """
    standing = inspect(models, name)
    if standing.card is None or standing.state is not State.READY:
        raise NotReadyError(standing.detail)
    return info(standing.card)


def info(card: Card) -> ModelInfo:
    """Name, version and digest: the SHA-256 of the model's only file, or, where it has several, of the lines
    "<sha256>  <name>" in the order of the names."""
    if len(card.files) == 1:
        digest_of_all = bytes.fromhex(card.files[0].sha256)
    else:
        lines = [f"{file.sha256}  {file.name}\n" for file in sorted(card.files, key=lambda file: file.name)]
        digest_of_all = hashlib.sha256("".join(lines).encode()).digest()
    return ModelInfo(card.name, str(card.version), digest_of_all)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _advice(card: Card, path: Path, state: State) -> str:
    wrong = "is missing" if state is State.MISSING else "is not the file that its card names"
    if card.sources:
        mend = f"run: sluice models pull {card.name}"
    elif card.added:
        mend = f"put it back, or add it anew: sluice models add ... --as image --name {card.name} --replace"
    else:
        mend = "restore it from the repository: it is ours"
    return f"model {card.name}: {path.name} {wrong}; {mend}"


__all__ = [
    "MODEL",
    "CardError",
    "Standing",
    "State",
    "digest",
    "folder",
    "info",
    "inspect",
    "load",
    "names",
    "verify",
]

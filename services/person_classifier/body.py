"""A slot for a detector of people's bodies, which sees those whose faces cannot be seen.

No such model is shipped. A pack fits where its card and graph say:

- one input `pixels`: uint8 [n, side, side, 3], RGB, the whole rendition letterboxed to the top left;
- outputs `box`: float32 [n, k, 4], top, left, bottom, right as fractions of the square, and `score`: float32 [n, k],
  0..1, of a person, whole or in part. Boxes need not be thinned out;
- in the card `thresholds: {body: ...}`, from where on a score counts. It should be chosen for recall.

These are the outputs of `face_ssd`, so a detector of that family needs no more than a card.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from person_classifier.boxes import Rows, clip, rows_of, suppress
from person_classifier.frame import Frame
from person_classifier.rule import Face
from sluice.errors import NotReadyError, TerminalError
from sluice.models.card import Card
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.pixels import letterbox

THRESHOLD = "body"
MOST_OVERLAP = 0.6


@dataclass(frozen=True, slots=True)
class BodyDetector:
    """`side` of the square in pixels; `least`: the score from which on a box counts."""

    model: Model
    side: int
    least: float

    @classmethod
    async def open(cls, models: Path, name: str, settings: EngineSettings) -> Self:
        """Loads a pack, and runs it once. Raises NotReadyError where it does not fit the slot."""
        model = open_model(models, name, settings)
        detector = cls(model, _side(model.card), _least(model.card))
        try:
            await detector._rows(np.zeros((detector.side, detector.side, 3), np.uint8))
        except TerminalError as error:
            raise NotReadyError(f"{name} does not fit the slot of SLUICE_PERSON_BODY_PACK: {error}") from error
        return detector

    async def bodies(self, frame: Frame) -> Rows:
        """Boxes in pixels of the frame's picture, best first. Raises TerminalError where the model fails."""
        height, width = frame.picture.shape[:2]
        rows = await self._rows(frame.rendition)
        rows[:, 1:] *= frame.scale
        return suppress(clip(rows, width, height), MOST_OVERLAP)

    async def _rows(self, rgb: np.ndarray) -> Rows:
        view, factor = letterbox(rgb, self.side)
        out = await self.model.engine.run({"pixels": view[None]})
        if not {"box", "score"} <= out.keys():
            raise TerminalError("its outputs are not box and score")
        box, score = out["box"], out["score"]
        if box.ndim != 3 or score.ndim != 2 or box.shape != (1, score.shape[1], 4):
            raise TerminalError(f"its box is {box.shape}, its score {score.shape}, not (1, k, 4) and (1, k)")
        return rows_of(box[0], score[0], self.least, self.side / factor)


def unseen(bodies: Rows, faces: list[Face]) -> int:
    """How many bodies have no face within: of those a face says nothing."""
    return sum(not any(_within(face, body) for face in faces) for body in bodies[:, 1:])


def _within(face: Face, body: np.ndarray) -> bool:
    left, top, right, bottom = face.box
    x, y = (left + right) / 2, (top + bottom) / 2
    return bool(body[0] <= x <= body[2] and body[1] <= y <= body[3])


def _side(card: Card) -> int:
    shapes = {tensor.name: tensor.shape for tensor in card.inputs}
    shape = shapes.get("pixels", ())
    if len(card.inputs) != 1 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
        raise NotReadyError(f"{card.name}: a body pack takes one input, pixels [n, side, side, 3]")
    side = shape[1]
    if not isinstance(side, int):
        raise NotReadyError(f"{card.name}: the card has to give the side of pixels as a number")
    return side


def _least(card: Card) -> float:
    least = card.thresholds.get(THRESHOLD)
    if least is None or not 0 < least < 1:
        raise NotReadyError(f"{card.name}: the card of a body pack has thresholds: {{{THRESHOLD}: 0..1}}")
    return least

"""Says whether a picture shows a photorealistic person, and whether that person may be a child.

Faces are proposed by one network, confirmed by another, and read by a third; `rule` says what follows. It is a
default that errs towards "child": it sees faces, not bodies, and was never validated on minors here. Operators
evaluate it on their own material, or put a vetted provider in its place.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Self

from person_classifier import examples
from person_classifier.chain import Networks, faces_of
from person_classifier.frame import Frame, frame_of
from person_classifier.rule import ADULT_AGE, CLEAR_SCORE, CONFIRMED, Answer, Face, decide
from sluice.check import Check, Example, Item, Kind, ModelInfo, Need, Result, Status
from sluice.errors import TerminalError
from sluice.models import nsfw
from sluice.models.engine import read_engine
from sluice.models.opened import Model, open_model
from sluice.settings import Reader, Settings


class PersonClassifier(Check):
    """`person`, and signals: `faces` (everything proposed), `clear_faces`, `lowest_age` (years, where one was relied
    on), `drawn`, `photoreal`. `detail` gives the reason in a few words."""

    name = "person"
    service_name = "person-classifier"
    service = "PersonClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.RENDITION, Need.TILES})
    max_batch = 4

    def __init__(self, networks: Networks, style: Model, adult_age: float) -> None:
        self._networks = networks
        self._style = style
        self._adult_age = adult_age

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads face_ssd, face_tiny, face_age and nsfw_mobilenet (for photograph or drawing).

        SLUICE_PERSON_ADULT_AGE (25) may be raised, never lowered. Raises NotReadyError with the command that mends
        it, or ConfigError.
        """
        engine = read_engine(reader)
        adult_age = reader.number("SLUICE_PERSON_ADULT_AGE", ADULT_AGE, least=ADULT_AGE, most=60)
        reader.finish()

        ssd, tiny, age, style = [
            await asyncio.to_thread(open_model, settings.models, name, engine)
            for name in ("face_ssd", "face_tiny", "face_age", nsfw.NAME)
        ]
        return cls(Networks(ssd, tiny, age), style, adult_age)

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item; a picture that cannot be read or judged is an ERROR of its own."""
        return [await self._judge(item) for item in items]

    def models(self) -> Sequence[ModelInfo]:
        """The four models behind the answers."""
        networks = self._networks
        return tuple(model.info for model in (networks.ssd, networks.tiny, networks.age, self._style))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Pictures drawn by code, without people."""
        return examples.examples()

    async def _judge(self, item: Item) -> Result:
        try:
            frame: Frame = await asyncio.to_thread(frame_of, item)
            faces = await faces_of(self._networks, frame)
            style = (await nsfw.read(self._style, [frame.rendition]))[0].signals
        except TerminalError as error:
            return Result(status=Status.ERROR, detail=str(error))
        answer = decide(faces, style["drawn"], frame.complete, self._adult_age)
        return Result(person=answer.person, signals=_signals(faces, style, answer), detail=answer.reason)


def _signals(faces: Sequence[Face], style: dict[str, float], answer: Answer) -> dict[str, float]:
    clear = [face for face in faces if face.score >= CLEAR_SCORE and face.confirmed >= CONFIRMED]
    signals = {"faces": float(len(faces)), "clear_faces": float(len(clear)), **style}
    return signals if answer.lowest is None else {**signals, "lowest_age": answer.lowest}

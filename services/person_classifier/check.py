"""Says whether a picture shows a photorealistic person, and whether that person may be a child.

Faces are proposed by one network, confirmed by another, and read by a third; `rule` says what follows. It is a
default that errs towards "child": it sees faces, and bodies only with a pack of the operator's, and was never
validated on minors here. Operators evaluate it on their own material, or put a vetted provider in its place.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Self

from person_classifier import examples
from person_classifier.body import BodyDetector, unseen
from person_classifier.chain import Networks, faces_of
from person_classifier.frame import Frame, frame_of
from person_classifier.rule import ADULT_AGE, Answer, Face, decide
from person_classifier.shares import label_scores
from person_classifier.style import Style, style_of
from sluice.check import Check, Example, Item, Kind, ModelInfo, Need, Result, Status
from sluice.errors import TerminalError
from sluice.models import nsfw
from sluice.models.engine import read_engine
from sluice.models.opened import Model, open_model
from sluice.settings import Reader, Settings

BODY = "body"
"""The signal that is abstained where nothing looks for bodies."""


class PersonClassifier(Check):
    """`person`, and signals: a score per label (`none`, `adult`, `child`, `age_unknown`), `faces` (everything
    proposed), `clear_faces`, `drawn`, `photoreal`; where an age was relied on `lowest_age` and `lowest_age_sd`
    (years); with a body detector `bodies` and `unseen_bodies`. `detail` gives the reason in a few words."""

    name = "person"
    service_name = "person-classifier"
    service = "PersonClassifier"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.RENDITION, Need.TILES})
    max_batch = 4

    def __init__(
        self, networks: Networks, style: Model, adult_age: float, bodies: BodyDetector | None = None
    ) -> None:
        self._networks = networks
        self._style = style
        self._adult_age = adult_age
        self._bodies = bodies

    @classmethod
    async def open(cls, settings: Settings, reader: Reader) -> Self:
        """Verifies and loads face_ssd, face_tiny, face_age and nsfw_mobilenet (for photograph or drawing).

        SLUICE_PERSON_ADULT_AGE (25) may be raised, never lowered. SLUICE_PERSON_BODY_PACK: a model of the operator's
        that finds bodies. Raises NotReadyError with the command that mends it, or ConfigError.
        """
        engine = read_engine(reader)
        adult_age = reader.number("SLUICE_PERSON_ADULT_AGE", ADULT_AGE, least=ADULT_AGE, most=60)
        pack = reader.text("SLUICE_PERSON_BODY_PACK", "")
        reader.finish()

        ssd, tiny, age, style = [
            await asyncio.to_thread(open_model, settings.models, name, engine)
            for name in ("face_ssd", "face_tiny", "face_age", nsfw.NAME)
        ]
        bodies = await BodyDetector.open(settings.models, pack, engine) if pack else None
        return cls(Networks(ssd, tiny, age), style, adult_age, bodies)

    async def run(self, items: Sequence[Item]) -> Sequence[Result]:
        """One result per item; a picture that cannot be read or judged is an ERROR of its own."""
        return [await self._judge(item) for item in items]

    def models(self) -> Sequence[ModelInfo]:
        """The four models behind the answers, and the body pack where there is one."""
        networks = self._networks
        extra = () if self._bodies is None else (self._bodies.model,)
        return tuple(model.info for model in (networks.ssd, networks.tiny, networks.age, self._style, *extra))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Pictures drawn by code, without people."""
        return examples.examples()

    async def _judge(self, item: Item) -> Result:
        try:
            frame: Frame = await asyncio.to_thread(frame_of, item)
            faces = await faces_of(self._networks, frame)
            style = await style_of(self._style, frame)
            bodies = None if self._bodies is None else await self._bodies.bodies(frame)
        except TerminalError as error:
            return Result(status=Status.ERROR, detail=str(error))
        alone = 0 if bodies is None else unseen(bodies, faces)
        answer = decide(faces, style.drawn, frame.complete, self._adult_age, alone)
        signals = {**label_scores(faces, style.drawn, frame.complete, alone), **_signals(faces, style, answer)}
        if bodies is not None:
            signals |= {"bodies": float(len(bodies)), "unseen_bodies": float(alone)}
        return Result(
            person=answer.person,
            signals=signals,
            abstained=(BODY,) if bodies is None else (),
            detail=answer.reason,
        )


def _signals(faces: Sequence[Face], style: Style, answer: Answer) -> dict[str, float]:
    signals = {
        "faces": float(len(faces)),
        "clear_faces": float(sum(face.clear for face in faces)),
        "drawn": style.drawn,
        "photoreal": style.photoreal,
    }
    if answer.youngest is not None:
        signals |= {"lowest_age": answer.youngest.youngest, "lowest_age_sd": answer.youngest.sd}
    return signals

"""A score for each label, beside the label: what is probable, where the label is what is safe."""

from collections.abc import Mapping, Sequence

from person_classifier.rule import DRAWN, Face, doubt

NAMES = ("none", "adult", "child", "age_unknown")


def label_scores(faces: Sequence[Face], drawn: float, complete: bool, unseen: int = 0) -> Mapping[str, float]:
    """`none`, `adult`, `child`, `age_unknown`; they add up to 1.

    `none` is one minus the best score of anything proposed. The rest goes to `child` by the probability that at least
    one of the faces relied on is under 18 (`Age.minor`), then to `adult` where every face is relied on, otherwise to
    `age_unknown`. The label is not the highest of them: a picture is ADULT only where `child` is small, and in doubt
    it is never NONE.
    """
    someone = max((face.score for face in faces), default=0.0)
    if unseen or not (faces or complete):
        someone = 1.0
    ages = [face.age for face in faces if face.age is not None and doubt(face) is None]
    sure = bool(faces) and len(ages) == len(faces) and not unseen
    if not drawn < DRAWN:
        ages, sure = [], False
    grown = 1.0
    for age in ages:
        grown *= 1.0 - age.minor
    rest = someone * grown
    return dict(
        zip(
            NAMES,
            (1.0 - someone, rest if sure else 0.0, someone * (1.0 - grown), 0.0 if sure else rest),
            strict=True,
        )
    )

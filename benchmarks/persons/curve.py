"""The age from which a face counts as adult, and what it buys: a model of the error, no measurement. Pure."""

from collections.abc import Sequence

from person_classifier.age import share_under

AGES = (18, 20, 22, 25, 28, 30, 32, 35)
MINORS = (10, 13, 15, 17)
ADULTS = (19, 22, 25, 30, 40)


def kept_from_adult(true: float, adult_age: float, sd: float) -> float:
    """The share of people of `true` age that read under `adult_age`, so are not called adult; errors are Gaussian."""
    return share_under(adult_age, true, sd)


def curve(sd: float) -> Sequence[tuple[float, ...]]:
    """Per age of `AGES`: it, then of each age of `MINORS` the share not called adult, then of `ADULTS` the share that
    is."""
    return [
        (
            float(least),
            *(kept_from_adult(true, least, sd) for true in MINORS),
            *(1 - kept_from_adult(true, least, sd) for true in ADULTS),
        )
        for least in AGES
    ]

"""Harmless pictures with known answers, drawn by code."""

from collections.abc import Sequence

from sluice.check import Example, Item, Kind, Picture, Result, Status
from sluice.models import golden
from sluice.models.categories import PICTURE_CATEGORIES
from sluice.pixels import encode


def examples() -> Sequence[Example]:
    """The golden pictures of the packs. The first is the readiness canary, for which the check also compares the
    outputs of every pack with its card."""
    return tuple(Example(name, _item(rendition), _complete) for name, rendition in renditions().items())


def renditions() -> dict[str, Picture]:
    """Name of a golden picture -> what ingest would have made of it."""
    return {name: encode(draw()) for name, draw in golden.PICTURES.items()}


def _complete(result: Result) -> bool:
    """Looked at, and every category is either scored or said to be abstained. What an operator's own model makes of
    a colour ramp is its own affair: the golden outputs tell whether it still makes the same of it."""
    return result.status is Status.OK and {*result.scores, *result.abstained} == set(PICTURE_CATEGORIES)


def _item(rendition: Picture) -> Item:
    return Item("c0", Kind.IMAGE, width=rendition.width, height=rendition.height, rendition=rendition)

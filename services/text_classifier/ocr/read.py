"""A picture's text, line by line."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from sluice.models.opened import Model
from text_classifier.ocr.detect import detect
from text_classifier.ocr.order import COMPACT, Line, apart, in_order
from text_classifier.ocr.page import Page
from text_classifier.ocr.recognise import recognise, width_of
from text_classifier.ocr.rectangle import Rectangle

MOST_LINES = 256
"""Lines of one picture."""
MOST_WIDTH = 80_000
"""Pixels: of all lines end to end, 48 pixels high: about 3,300 letters, and 8 s on one core. A picture that seems to
hold more than either is not read at all: what stands where nobody looked could be anything."""
AT_ONCE = 2
"""Lines that are read side by side. A line is read alone, so this changes no reading."""
SURE = 0.85
"""A reading of this confidence ends the search for the right way up."""
LEGIBLE = 0.7
"""A reading under this is not text. Of 112 drawn texts, some over photographs, no line of text was read with less; of
what is read in folds, leaves and badges, half is."""
SAME = 0.7
"""Two marks are of one line where either covers so much of the other."""

Rows = Sequence[Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Networks:
    """The models, and the characters of the second."""

    detector: Model
    reader: Model
    characters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """`versions`: the rows in reading order, once as the large version of the picture shows them; once more as the
    small one does where that shows lines which the large one has not, or in pieces. `lines`, `characters`: read;
    `unread`: places marked as text in which none could be read. `refused`: there is more than is read, and nothing
    was."""

    versions: Sequence[Rows]
    lines: int = 0
    characters: int = 0
    unread: int = 0
    refused: bool = False


async def read(networks: Networks, page: Page) -> Text:
    """Marks lines in the picture and in its rendition, where letters too large to be seen as a line in the picture
    are small enough; then reads what is marked. Raises what the engines raise."""
    fine = [mark.area for mark in await detect(networks.detector, page.picture)]
    coarse: list[Rectangle] = []
    if page.rendition is not page.picture:
        coarse = [mark.area.scaled(page.scale) for mark in await detect(networks.detector, page.rendition)]
    known = await asyncio.to_thread(lambda: [same(area, fine) for area in coarse])
    areas = [*fine, *(area for area, index in zip(coarse, known, strict=True) if index is None)]
    if len(areas) > MOST_LINES or sum(map(width_of, areas)) > MOST_WIDTH:
        return Text((), unread=len(areas), refused=True)
    lines = await _read_all(networks, Image.fromarray(page.picture), areas)
    anew = iter(lines[len(fine) :])
    again = [next(anew) if index is None else lines[index] for index in known]
    return _text(lines, lines[: len(fine)], again)


def same(area: Rectangle, others: Sequence[Rectangle]) -> int | None:
    """Which of the others is a mark of the same line."""
    grid = area.grid(16, 4)
    for index, other in enumerate(others):
        if other.holds(grid).mean() >= SAME and area.holds(other.grid(16, 4)).mean() >= SAME:
            return index
    return None


def _text(every: Sequence[Line], fine: Sequence[Line], coarse: Sequence[Line]) -> Text:
    read = [line for line in every if _legible(line)]
    seen = [line for line in fine if _legible(line)]
    again = [line for line in coarse if _legible(line)]
    versions = [in_order(seen)] if seen else []
    if len(read) > len(seen):
        versions.append(in_order(again))
    return Text(versions, len(read), sum(len(line.text) for line in read), len(every) - len(read))


def _legible(line: Line) -> bool:
    return line.confidence >= LEGIBLE and any(map(str.isalnum, line.text))


async def _read_all(networks: Networks, picture: Image.Image, areas: Sequence[Rectangle]) -> list[Line]:
    """Every area in order, legible or not. The longest is read first: the others most likely run in its direction."""
    if not areas:
        return []
    longest = max(range(len(areas)), key=lambda index: areas[index].width)
    first = await _upright(networks, picture, areas[longest], areas[longest].angle)
    room = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> Line:
        async with room:
            return first if index == longest else await _upright(networks, picture, areas[index], first.area.angle)

    return await asyncio.gather(*map(one, range(len(areas))))


async def _upright(networks: Networks, picture: Image.Image, area: Rectangle, direction: float) -> Line:
    """The most confident reading, the way nearest to `direction` tried first. An area about as high as long may stand
    any way."""
    ways = (0, 2) if area.width >= COMPACT * area.height else (0, 2, 1, 3)
    best = Line(area, "", 0.0)
    for turned in sorted(map(area.turned, ways), key=lambda turned: apart(turned.angle, direction)):
        reading = await recognise(networks.reader, networks.characters, picture, turned)
        if reading.confidence > best.confidence:
            best = Line(turned, reading.text, reading.confidence)
        if reading.confidence >= SURE:
            break
    return best

"""A picture as the text reader sees it: its largest version, put together from the tiles where there are any."""

from dataclasses import dataclass

from sluice.check import Item
from sluice.errors import TerminalError
from sluice.pixels import Rgb, decode
from sluice.tiles import compose


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """`picture`: the largest version there is. `rendition`: the whole at 512 pixels or less; the same where the
    picture is no larger."""

    picture: Rgb
    rendition: Rgb

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the rendition."""
        return float(self.picture.shape[1] / self.rendition.shape[1])


def page_of(item: Item) -> Page:
    """Decodes what the host fetched. Raises TerminalError where any of it is missing or cannot be read: a picture
    that was read in part must not pass for one without text."""
    if item.rendition is None:
        raise TerminalError("no rendition")
    rendition = decode(item.rendition)
    if not item.tiles:
        if max(item.width, item.height) > max(rendition.shape[:2]):
            raise TerminalError("a picture larger than its rendition came without tiles")
        return Page(rendition, rendition)
    picture, complete = compose(item, [decode(tile) for tile in item.tiles])
    if not complete:
        raise TerminalError("the tiles do not cover the picture")
    return Page(picture, rendition)

"""What a picture classifier takes: the section `picture` of a card.

Clients send uint8. What a network wants beyond that (mean, scale, order of the axes) is inside its graph.
"""

from dataclasses import dataclass

from sluice.models.fields import Fields

COLOURS = ("RGB", "BGR")
LAYOUTS = ("NHWC", "NCHW")
FITS = ("stretch", "crop", "letterbox")
RESAMPLES = ("bilinear", "bicubic", "lanczos", "nearest")
MOST_SIDE = 2048


@dataclass(frozen=True, slots=True)
class PictureInput:
    """The contract of one input. Two packs with equal contracts share one resized copy.

    `height`, `width`: pixels. `fit`: "stretch" squeezes the whole picture into the frame; "crop" makes the short
    side `short` pixels and cuts the frame out of the centre, so that the edges are not seen; "letterbox" shows the
    whole picture, centred, with `fill` (0..255, all channels) around it. `resample`: Pillow's filter of that name.
    """

    height: int
    width: int
    colour: str = "RGB"
    layout: str = "NHWC"
    fit: str = "stretch"
    short: int = 0
    resample: str = "bilinear"
    fill: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture, as the graph takes it."""
        return (3, self.height, self.width) if self.layout == "NCHW" else (self.height, self.width, 3)


def read_picture_input(fields: Fields) -> PictureInput:
    """Reads the section. Raises CardError."""
    size = fields.numbers("size")
    if len(size) != 2 or not all(side.is_integer() and 1 <= side <= MOST_SIDE for side in size):
        raise fields.wrong("size", f"[height, width], whole numbers from 1 to {MOST_SIDE}")
    height, width = int(size[0]), int(size[1])
    fit = fields.choice("fit", FITS)
    short = fields.count("short") if fit == "crop" else 0
    if fit == "crop" and not max(height, width) <= short <= MOST_SIDE:
        raise fields.wrong(
            "short", f"at least {max(height, width)}, the longer side of the frame, at most {MOST_SIDE}"
        )
    fill = fields.number("fill", 0)
    if not fill.is_integer() or not 0 <= fill <= 255:
        raise fields.wrong("fill", "a whole number from 0 to 255")
    return PictureInput(
        height=height,
        width=width,
        colour=fields.choice("colour", COLOURS, "RGB"),
        layout=fields.choice("layout", LAYOUTS, "NHWC"),
        fit=fit,
        short=short,
        resample=fields.choice("resample", RESAMPLES, "bilinear"),
        fill=int(fill),
    )

"""A text as a picture, in many ways: the attacks that the reader of pictures has to stand."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from training.ocr_recall import fonts

Colour = tuple[int, int, int]

BLACK: Final[Colour] = (20, 20, 20)
WHITE: Final[Colour] = (245, 245, 240)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to draw. `letters`: height of a line in pixels; `degrees`: counter-clockwise; `paper`: a colour, or the
    name of one of scikit-image's photographs; `outline`: colour of a rim around the letters."""

    name: str
    size: tuple[int, int] = (512, 512)
    letters: int = 32
    font: str = "sans"
    ink: Colour = BLACK
    paper: Colour | str = WHITE
    outline: Colour | None = None
    degrees: float = 0.0
    wave: float = 0.0
    upper: bool = False
    quality: int = 90


WAYS: Final[tuple[Way, ...]] = (
    Way("plain"),
    Way("serif", font="serif"),
    Way("typewriter", font="typewriter", letters=28),
    Way("brush", font="brush", letters=40),
    Way("handwriting", font="handwriting", letters=40),
    Way("capitals", font="poster", upper=True, letters=40),
    Way("light on dark", ink=WHITE, paper=(25, 30, 45)),
    Way("pale", ink=(200, 200, 200)),
    Way("hardly visible", ink=(232, 232, 227)),
    Way("small letters", letters=14),
    Way("one huge word a line", letters=110, font="poster", size=(768, 1024)),
    Way("on a photograph, rimmed", ink=WHITE, outline=BLACK, paper="astronaut", font="poster", letters=44),
    Way("on a photograph, red", ink=(220, 30, 40), paper="coffee", size=(600, 400), letters=36),
    Way("on a photograph, yellow", ink=(250, 220, 60), paper="rocket", size=(640, 427), letters=30),
    Way("on a photograph, white", ink=WHITE, paper="chelsea", size=(900, 600), letters=40, font="serif"),
    Way("on gravel", ink=(250, 240, 90), paper="gravel", size=(768, 768), letters=44),
    Way("turned 5 degrees", degrees=5),
    Way("turned -12 degrees", degrees=-12, paper="coffee", ink=WHITE, size=(900, 600), letters=36),
    Way("turned 30 degrees", degrees=30, letters=26),
    Way("turned 90 degrees", degrees=90),
    Way("upside down", degrees=180),
    Way("turned 270 degrees", degrees=270, ink=WHITE, paper="rocket", size=(640, 640), letters=36),
    Way("on a wave", wave=8, letters=32),
    Way("large picture, small letters", paper="astronaut", size=(1600, 1600), letters=18, ink=WHITE, outline=BLACK),
    Way("very large picture", paper="coffee", size=(3000, 2000), letters=34, ink=BLACK),
    Way("strongly compressed", quality=12, letters=28),
)

CHINESE: Final[tuple[Way, ...]] = (
    Way("Chinese", font="chinese"),
    Way("Chinese on a photograph, turned", font="chinese", ink=WHITE, paper="rocket", size=(640, 640), degrees=8),
)


def draw(text: str, way: Way, folder: Path, seed: int) -> bytes:
    """A JPEG of the text. `folder`: where the fonts are; `seed` decides where in the picture it stands."""
    generator = np.random.default_rng(seed)
    image = _paper(way)
    font = fonts.load(way.font, folder, way.letters)
    turned = abs(way.degrees) % 180 == 90
    leaning = 0.75 if way.degrees % 90 else 1.0
    room = round((way.size[1] if turned else way.size[0]) * 0.92 * leaning)
    block = _block(text.upper() if way.upper else text, way, font, room)
    if way.wave:
        block = _waved(block, way.wave)
    if way.degrees:
        block = block.rotate(way.degrees, Image.Resampling.BICUBIC, expand=True)
    spare = (max(0, image.width - block.width), max(0, image.height - block.height))
    place = (round(spare[0] * generator.random()), round(spare[1] * generator.random()))
    image.paste(block, place, block)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=way.quality)
    return out.getvalue()


def _paper(way: Way) -> Image.Image:
    if not isinstance(way.paper, str):
        return Image.new("RGB", way.size, way.paper)
    return Image.fromarray(getattr(data, way.paper)()).convert("RGB").resize(way.size, Image.Resampling.LANCZOS)


def _block(text: str, way: Way, font: ImageFont.FreeTypeFont, room: int) -> Image.Image:
    """The text in lines, on nothing."""
    lines = wrap(text, font, room)
    step = round(way.letters * 1.3)
    image = Image.new("RGBA", (room + 8, step * len(lines) + way.letters // 2), (*way.ink, 0))
    pen = ImageDraw.Draw(image)
    rim = max(1, way.letters // 14) if way.outline else 0
    for number, line in enumerate(lines):
        pen.text((4, number * step), line, fill=way.ink, font=font, stroke_width=rim, stroke_fill=way.outline)
    return image


def wrap(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """Lines of at most `room` pixels, cut at spaces, and within a word where it alone is too long."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > room:
            lines.append(line)
            longer = word
        while font.getlength(longer) > room and len(longer) > 1:
            fits = next(n for n in range(len(longer) - 1, 0, -1) if n == 1 or font.getlength(longer[:n]) <= room)
            lines.append(longer[:fits])
            longer = longer[fits:]
        line = longer
    return [*lines, line]


def _waved(block: Image.Image, height: float) -> Image.Image:
    """Every column moved up or down along a sine, twice over the width."""
    pixels = np.pad(np.asarray(block), ((round(height), round(height)), (0, 0), (0, 0)))
    shifts = np.round(height * np.sin(np.arange(pixels.shape[1]) * 4 * np.pi / pixels.shape[1])).astype(int)
    rows = (np.arange(pixels.shape[0])[:, None] + shifts) % pixels.shape[0]
    return Image.fromarray(pixels[rows, np.arange(pixels.shape[1])])

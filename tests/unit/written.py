"""Pictures of text, drawn with the font that comes with Pillow."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sluice.models.convert.ppocr import CHARACTERS
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.pixels import Rgb
from tests.unit.model_files import MODELS
from text_classifier.ocr import detect, recognise
from text_classifier.ocr.page import Page
from text_classifier.ocr.read import Networks

INK, PAPER = (20, 20, 20), (240, 240, 235)


def written(
    text: str,
    size: tuple[int, int] = (480, 160),
    letters: int = 30,
    at: tuple[int, int] = (16, 16),
    degrees: float = 0,
) -> Rgb:
    """Dark on light, its lines from the top left of a picture of (width, height); then turned counter-clockwise, the
    picture growing as it must."""
    image = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(letters)
    for number, line in enumerate(text.split("\n")):
        pen.text((at[0], at[1] + round(1.35 * letters * number)), line, fill=INK, font=font)
    turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
    return np.asarray(turned)


def page(rgb: Rgb) -> Page:
    """A picture that has no smaller version."""
    return Page(rgb, rgb)


def networks() -> Networks:
    """The real ones."""
    reader: Model = open_model(MODELS, recognise.NAME, EngineSettings())
    characters = recognise.load_characters(MODELS / recognise.NAME / "1" / CHARACTERS)
    return Networks(open_model(MODELS, detect.NAME, EngineSettings()), reader, characters)

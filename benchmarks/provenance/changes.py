"""What happens to a picture on its way through the world. Every change is made of real pixels and files."""

import io
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

Change = Callable[[Image.Image], Image.Image]
Colour = tuple[int, int, int]


def saved(form: str, quality: int) -> Change:
    """Written in that format and read again."""

    def change(picture: Image.Image) -> Image.Image:
        out = io.BytesIO()
        picture.save(out, form, quality=quality)
        return Image.open(io.BytesIO(out.getvalue())).convert("RGB")

    return change


def resized(side: int) -> Change:
    """To so many pixels a side."""
    return lambda picture: picture.resize((side, side), Image.Resampling.LANCZOS)


def cropped(left: float, top: float, right: float, bottom: float) -> Change:
    """Shares of the side that are taken off."""

    def change(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        return picture.crop((round(box[0]), round(box[1]), round(box[2]), round(box[3])))

    return change


def framed(share: float, colour: Colour) -> Change:
    """A border of one colour."""
    return lambda picture: ImageOps.expand(picture, round(share * picture.width), colour)


def blurred_frame(picture: Image.Image) -> Image.Image:
    """Made to fit another shape, with itself, blurred, behind it."""
    width, height = picture.size
    out = picture.resize((round(width * 1.5), round(height * 1.1))).filter(ImageFilter.GaussianBlur(30))
    out.paste(picture, (round(width * 0.25), round(height * 0.05)))
    return out


def screenshot(colour: Colour, left: int, top: int) -> Change:
    """On a page of 1400 x 1000 with something beside it, made smaller, JPEG."""

    def change(picture: Image.Image) -> Image.Image:
        out = Image.new("RGB", (1400, 1000), colour)
        bars = Image.new("RGB", (180, 14), tuple(255 - value for value in colour))
        for row in range(8):
            out.paste(bars, (30, 80 + 40 * row))
        out.paste(picture.resize((860, 860), Image.Resampling.BICUBIC), (left, top))
        return saved("JPEG", 80)(out.resize((1120, 800), Image.Resampling.BILINEAR))

    return change


def bright(factor: float) -> Change:
    """Every level times so much."""
    return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)


def contrast(factor: float) -> Change:
    """Every level so much farther from the mean, or nearer."""
    return lambda picture: ImageEnhance.Contrast(picture).enhance(factor)


def turned(degrees: float) -> Change:
    """Turned, the corners black."""
    return lambda picture: picture.rotate(degrees, Image.Resampling.BICUBIC)


def straightened(degrees: float) -> Change:
    """Turned, and cropped so that no corner shows."""

    def change(picture: Image.Image) -> Image.Image:
        angle = np.deg2rad(abs(degrees))
        keep = 1 / (float(np.cos(angle)) + float(np.sin(angle)))
        off = (1 - keep) / 2
        return cropped(off, off, off, off)(turned(degrees)(picture))

    return change


def captioned(picture: Image.Image) -> Image.Image:
    """A box of text colours over the lower edge."""
    out = picture.copy()
    width, height = out.size
    out.paste((0, 0, 0), (round(0.1 * width), round(0.88 * height), round(0.9 * width), round(0.96 * height)))
    out.paste((250, 250, 250), (round(0.15 * width), round(0.91 * height), round(0.8 * width), round(0.93 * height)))
    return out


def _after(*changes: Change) -> Change:
    def change(picture: Image.Image) -> Image.Image:
        for one in changes:
            picture = one(picture)
        return picture

    return change


CHANGES: Mapping[str, Change] = {
    "JPEG q90": saved("JPEG", 90),
    "JPEG q70": saved("JPEG", 70),
    "JPEG q50": saved("JPEG", 50),
    "JPEG q30": saved("JPEG", 30),
    "WebP q75": saved("WEBP", 75),
    "PNG": saved("PNG", 0),
    "resize to 768": resized(768),
    "resize to 512": resized(512),
    "resize to 256": resized(256),
    "mirror": ImageOps.mirror,
    "crop 2 % each side": cropped(0.02, 0.02, 0.02, 0.02),
    "crop 5 % each side": cropped(0.05, 0.05, 0.05, 0.05),
    "crop 10 % each side": cropped(0.10, 0.10, 0.10, 0.10),
    "crop 8 % left": cropped(0.08, 0, 0, 0),
    "crop 10/3/1/6 %": cropped(0.10, 0.03, 0.01, 0.06),
    "crop 25 % right and below": cropped(0, 0, 0.25, 0.25),
    "black border 5 %": framed(0.05, (0, 0, 0)),
    "white border 10 %": framed(0.10, (255, 255, 255)),
    "blurred border": blurred_frame,
    "screenshot, light": screenshot((245, 245, 245), 420, 80),
    "screenshot, dark": screenshot((24, 26, 30), 300, 40),
    "brightness +15 %": bright(1.15),
    "brightness -15 %": bright(0.85),
    "contrast +15 %": contrast(1.15),
    "contrast -15 %": contrast(0.85),
    "turned 1°": turned(1),
    "turned 2°": turned(2),
    "turned 3°": turned(-3),
    "turned 5°": turned(5),
    "turned 2°, corners cut": straightened(-2),
    "mirror, crop 5 %, JPEG q70": _after(ImageOps.mirror, cropped(0.05, 0.05, 0.05, 0.05), saved("JPEG", 70)),
    "resize to 512, bright, JPEG q50": _after(resized(512), bright(1.15), saved("JPEG", 50)),
    "turned 2°, crop 5 %, JPEG q70": _after(turned(2), cropped(0.05, 0.02, 0.03, 0.05), saved("JPEG", 70)),
    "screenshot of a crop, 2 times JPEG": _after(
        cropped(0.06, 0.02, 0, 0.04), saved("JPEG", 60), screenshot((255, 255, 255), 500, 100)
    ),
    "caption": captioned,
}
"""Each is made of a picture of 1024 x 1024."""

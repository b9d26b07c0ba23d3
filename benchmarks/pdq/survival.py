"""What is done to pictures on their way, and how far that moves their hash."""

import io
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from skimage import data

from ingest.decoder.borders import without_border
from sluice.hashing import PDQ_MIN_QUALITY, PDQ_THRESHOLD, Rgb, hamming, pdq, pdq_dihedral
from sluice.samples.ordinary import pictures
from sluice.samples.test_bank import test_bank_pictures

_SKIMAGE = (
    *("astronaut", "brick", "camera", "chelsea", "clock", "coffee", "coins", "grass", "gravel"),
    *("hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "rocket", "text"),
)
"""What the package itself carries: photographs, textures, scans."""

_LEVELS = 20


@dataclass(frozen=True, slots=True)
class Survival:
    """Distances in bits over some pictures. `within`: how many of them are no farther than lists are matched."""

    median: float
    most: int
    within: int
    pictures: int


def generated() -> Mapping[str, Rgb]:
    """Ours: scenes, patterns and the test bank."""
    return {one.name: np.asarray(_opened(one.data)) for one in (*pictures(), *test_bank_pictures())}


def photographed() -> Mapping[str, Rgb]:
    """scikit-image's samples, greys as RGB."""
    found = {name: np.asarray(getattr(data, name)()) for name in _SKIMAGE}
    return {name: rgb if rgb.ndim == 3 else rgb[..., None].repeat(3, 2) for name, rgb in found.items()}


def usable(found: Mapping[str, Rgb]) -> Mapping[str, Rgb]:
    """Those whose hash a list would take."""
    return {name: rgb for name, rgb in found.items() if pdq(rgb)[1] >= PDQ_MIN_QUALITY}


def survival(change: str, found: Mapping[str, Rgb]) -> Survival:
    """What a change does to each of the pictures: how far the changed picture's nearest query is from the original's
    hash."""
    make, queries = CHANGES[change]
    distances = [
        min(hamming(pdq(rgb)[0], query) for query in queries(np.asarray(make(Image.fromarray(rgb)))))
        for rgb in found.values()
    ]
    within = sum(distance <= PDQ_THRESHOLD for distance in distances)
    return Survival(statistics.median(distances), max(distances), within, len(distances))


def _opened(encoded: bytes) -> Image.Image:
    return Image.open(io.BytesIO(encoded)).convert("RGB")


def _jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    def change(picture: Image.Image) -> Image.Image:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        return _opened(out.getvalue())

    return change


def _resized(scale: float) -> Callable[[Image.Image], Image.Image]:
    def change(picture: Image.Image) -> Image.Image:
        size = round(picture.width * scale), round(picture.height * scale)
        return picture.resize(size, Image.Resampling.BICUBIC)

    return change


def _cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    def change(picture: Image.Image) -> Image.Image:
        left, top = picture.width * share / 2, picture.height * share / 2
        return picture.crop((round(left), round(top), round(picture.width - left), round(picture.height - top)))

    return change


def _bordered(share: float) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: ImageOps.expand(picture, round(min(picture.size) * share), "black")


def _framed(picture: Image.Image) -> Image.Image:
    return _jpeg(80)(ImageOps.expand(picture, round(min(picture.size) * 0.05), (180, 40, 40)))


def _letterboxed(picture: Image.Image) -> Image.Image:
    return _jpeg(80)(ImageOps.expand(picture, (0, round(picture.height * 0.1)), "black"))


def _captioned(picture: Image.Image) -> Image.Image:
    strip = round(picture.height * 0.12)
    out = Image.new("RGB", (picture.width, picture.height + strip), "white")
    out.paste(picture, (0, strip))
    ImageDraw.Draw(out).text((8, 4), "a caption", fill="black", font=ImageFont.load_default_imagefont())
    return out


def _brighter(picture: Image.Image) -> Image.Image:
    return picture.point([min(255, level + _LEVELS) for level in range(256)] * 3)


def _grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("RGB")


def _itself(rgb: Rgb) -> Sequence[bytes]:
    return (pdq(rgb)[0],)


def _eight(rgb: Rgb) -> Sequence[bytes]:
    return pdq_dihedral(rgb)[0]


def _both(rgb: Rgb) -> Sequence[bytes]:
    inner = without_border(rgb)
    return _eight(rgb) if inner is None else (*_eight(rgb), *_eight(inner))


def _middle(rgb: Rgb) -> Sequence[bytes]:
    return (*_eight(rgb), *_eight(np.asarray(_cropped(0.10)(Image.fromarray(rgb)))))


CHANGES: Mapping[str, tuple[Callable[[Image.Image], Image.Image], Callable[[Rgb], Sequence[bytes]]]] = {
    "JPEG, quality 90": (_jpeg(90), _itself),
    "JPEG, quality 50": (_jpeg(50), _itself),
    "JPEG, quality 20": (_jpeg(20), _itself),
    "resized to 50 %": (_resized(0.5), _itself),
    "resized to 25 %": (_resized(0.25), _itself),
    "20 levels brighter": (_brighter, _itself),
    "grey": (_grey, _itself),
    "rotated by 1°, black corners": (lambda picture: picture.rotate(1, Image.Resampling.BICUBIC), _itself),
    "cropped by 5 % (2.5 % a side)": (_cropped(0.05), _itself),
    "cropped by 10 % (5 % a side)": (_cropped(0.10), _itself),
    "black border of 5 % a side": (_bordered(0.05), _itself),
    "black border of 5 % a side, without borders": (_bordered(0.05), _both),
    "black border of 5 % a side, 5 % off each side": (_bordered(0.05), _middle),
    "black border of 2 % a side, 5 % off each side": (_bordered(0.02), _middle),
    "black border of 10 % a side, 5 % off each side": (_bordered(0.10), _middle),
    "red frame of 5 % a side, JPEG, without borders": (_framed, _both),
    "black bars of 10 % above and below, JPEG, without borders": (_letterboxed, _both),
    "caption of 12 % above, without borders": (_captioned, _both),
    "mirrored, one query": (ImageOps.mirror, _itself),
    "mirrored, eight queries": (ImageOps.mirror, _eight),
    "turned by 90°, eight queries": (lambda picture: picture.transpose(Image.Transpose.ROTATE_90), _eight),
}
"""What is done to the picture, and what is then asked for."""

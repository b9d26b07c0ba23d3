"""Pictures of any size as the uint8 batch that a contract describes."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from sluice.models.picture_input import PictureInput
from sluice.pixels import Rgb

FILTERS: Mapping[str, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
"""All but "nearest" widen their support for shrinking, so that no pixel is skipped over."""


def batch(pictures: Sequence[Rgb], wanted: PictureInput) -> npt.NDArray[np.uint8]:
    """uint8, (pictures, *wanted.shape). There must be at least one picture."""
    fitted = np.stack([fit(picture, wanted) for picture in pictures])
    if wanted.colour == "BGR":
        fitted = fitted[..., ::-1]
    if wanted.layout == "NCHW":
        fitted = fitted.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(fitted)


def fit(rgb: Rgb, wanted: PictureInput) -> Rgb:
    """One picture in the frame: (height, width, 3), still RGB."""
    size = (wanted.width, wanted.height)
    if wanted.fit == "letterbox":
        return _letterbox(rgb, wanted)
    box = _centre(rgb, wanted) if wanted.fit == "crop" else None
    if box is None and rgb.shape[:2] == (wanted.height, wanted.width):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, FILTERS[wanted.resample], box=box))


def _centre(rgb: Rgb, wanted: PictureInput) -> tuple[float, float, float, float]:
    """What the frame shows, in pixels of the picture: left, top, right, bottom."""
    height, width = rgb.shape[:2]
    factor = wanted.short / min(height, width)
    across, down = min(width, wanted.width / factor), min(height, wanted.height / factor)
    left, top = (width - across) / 2, (height - down) / 2
    return left, top, left + across, top + down


def _letterbox(rgb: Rgb, wanted: PictureInput) -> Rgb:
    height, width = rgb.shape[:2]
    factor = min(wanted.width / width, wanted.height / height)
    across = min(wanted.width, max(1, round(width * factor)))
    down = min(wanted.height, max(1, round(height * factor)))
    small = np.asarray(Image.fromarray(rgb).resize((across, down), FILTERS[wanted.resample]))
    out = np.full((wanted.height, wanted.width, 3), wanted.fill, np.uint8)
    left, top = (wanted.width - across) // 2, (wanted.height - down) // 2
    out[top : top + down, left : left + across] = small
    return out

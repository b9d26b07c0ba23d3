"""Colours as a viewer that minds profiles shows them."""

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from ingest.decoder import structure
from ingest.decoder.answer import Trouble, UnreadableError
from ingest.decoder.pixels import stored_rgb
from ingest.decoder.sniff import Format

_NO_CHANGE = 4
"""Levels of 255 by which a profile's colours may lie beside those of sRGB and still be taken for them."""
_DISPLAY_GAMMA = 2.2
_GREY_MODES = frozenset({"1", "L", "LA"})
_USUAL_TRANSFERS = frozenset({1, 2, 6, 13, 14, 15})
"""Codes of ITU-T H.273, table 3, that are drawn like sRGB, or that say nothing."""

_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, SyntaxError)


Change = Callable[[Image.Image], Image.Image]
"""From the decoded picture, eight bits a channel, to what is shown of it: RGB, transparency ignored."""


def change(image: Image.Image, form: Format, data: bytes) -> Change | None:
    """What brings the picture to sRGB by its ICC profile or by a PNG's gamma; None where that changes nothing.

    `image`: decoded, eight bits a channel. A profile that cannot be used, or is for other colours than the picture's,
    changes nothing: viewers draw such a picture as if it had none. Raises UnreadableError for a PNG whose `cICP`
    chunk names a curve that is far from sRGB's.
    """
    if form is Format.PNG and (transfer := structure.png_transfer(data)) not in {None, *_USUAL_TRANSFERS}:
        raise UnreadableError(Trouble.UNDECODABLE, f"colours coded with transfer function {transfer}")
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return _by_profile(image.mode, profile)
    gamma = structure.png_gamma(data) if form is Format.PNG else None
    return None if gamma is None else _by_gamma(gamma)


def _by_profile(mode: str, data: bytes) -> Change | None:
    source = "CMYK" if mode == "CMYK" else "L" if mode in _GREY_MODES else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if profile.profile.xcolor_space.strip() != {"L": "GRAY"}.get(source, source):
            return None
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), source, "RGB")
        if _changes_nothing(transform, source):
            return None
    except _ERRORS:
        return None

    def apply(image: Image.Image) -> Image.Image:
        found = ImageCms.applyTransform(image if image.mode == source else image.convert(source), transform)
        assert found is not None
        return found

    return apply


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tried on colours from all over: most photographs carry a profile that is sRGB's own."""
    steps = np.linspace(0, 255, 256 if mode == "L" else 17).astype(np.uint8)
    if mode == "CMYK":
        return False
    probe = Image.fromarray(steps[None, :] if mode == "L" else _lattice(steps))
    plain = np.asarray(probe.convert("RGB"), dtype=np.int16)
    out = ImageCms.applyTransform(probe, transform)
    return out is None or int(np.abs(np.asarray(out, dtype=np.int16) - plain).max()) <= _NO_CHANGE


def _lattice(steps: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    axes = np.meshgrid(steps, steps, steps)
    return np.stack([axis.ravel() for axis in axes], axis=1)[None, :, :]


def _by_gamma(gamma: float) -> Change | None:
    exponent = 1 / (gamma * _DISPLAY_GAMMA)
    table = [round(255 * (level / 255) ** exponent) for level in range(256)]
    if max(abs(new - old) for old, new in enumerate(table)) <= _NO_CHANGE:
        return None
    return lambda image: stored_rgb(image).point(table * 3)

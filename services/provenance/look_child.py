"""The child of `look`: `python -m provenance.look_child`. Reads one job and one picture from standard input.

Writes what it saw of the pixels, and then what it saw of the credentials: if reading those ends the process, the
first part is there all the same.
"""

import io
import json
import resource
import struct
import sys
import warnings
import zlib
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import numpy as np
from PIL import AvifImagePlugin, Image, ImageOps

from provenance.fingerprint import Fingerprints, fingerprints, luma, pixels_digest, queries
from provenance.look import READY, Trouble, UnreadableError
from sluice.c2pa_sdk import Sdk
from sluice.hashing import Rgb, pdq
from sluice.provenance import verify_with

MEMORY: Final = 2 << 30
"""Bytes of address space; Python and its libraries take about a third of a gibibyte."""
CPU_SECONDS: Final = 30
MOST_PIXELS: Final = 1 << 26
"""64 Mi: 8192 x 8192."""

_FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
}
_LEAST_SIDE: Final = 8
_BROKEN: Final = (
    *(OSError, SyntaxError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, AssertionError),
    *(RuntimeError, EOFError, struct.error, zlib.error),
)
"""What Pillow's plugins raise on broken files; many come from arithmetic on values that the file chose."""


def main() -> None:
    """Loads everything, limits itself, says that it is ready, then reads."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    job = json.loads(source.read(int.from_bytes(source.read(4), "big")))
    sdk = Sdk(job["anchors"], job["stamps"])
    warm()
    _limit()
    out.write(READY)
    out.flush()
    data = source.read()
    try:
        seen = _see(data, job["media_type"], query=job["query"])
    except UnreadableError as error:
        _tell({"trouble": error.trouble.name})
        return
    except MemoryError:
        _tell({"trouble": Trouble.LIMITS.name})
        return
    out.write(seen)
    out.flush()
    found = verify_with(sdk, data, job["media_type"])
    _tell({"state": found.state, "label": found.label, "serial": found.serial})


def decoded(data: bytes, media_type: str) -> Rgb:
    """The first picture of the file, upright, transparency dropped. Raises UnreadableError, MemoryError."""
    form = _FORMATS[media_type]
    if form == "HEIF" and form not in Image.OPEN:
        raise UnreadableError(Trouble.UNKNOWN_TYPE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=(form,))
            if image.width * image.height > MOST_PIXELS:
                raise UnreadableError(Trouble.TOO_MANY_PIXELS)
            image.load()
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I;16"):
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            rgb = np.asarray(upright.convert("RGB"))
    except Image.DecompressionBombError as error:
        raise UnreadableError(Trouble.TOO_MANY_PIXELS) from error
    except _BROKEN as error:
        raise UnreadableError(Trouble.UNDECODABLE) from error
    if min(rgb.shape[:2]) < _LEAST_SIDE:
        raise UnreadableError(Trouble.UNDECODABLE)
    return rgb


def _see(data: bytes, media_type: str, *, query: bool) -> bytes:
    rgb = decoded(data, media_type)
    found = queries(rgb) if query else fingerprints(rgb)
    header = {
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "quality": found.quality,
        "windows": len(found.windows),
    }
    return _framed(header) + _packed(found) + luma(rgb).tobytes() + pixels_digest(rgb)


def _packed(found: Fingerprints) -> bytes:
    return b"".join(found.hashes) + np.array([window.frame for window in found.windows], "<f8").tobytes()


def _framed(header: Mapping[str, object]) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "big") + text


def _tell(header: Mapping[str, object]) -> None:
    sys.stdout.buffer.write(_framed(header))
    sys.stdout.buffer.flush()


def warm() -> None:
    """Loads what would be loaded late, when no file can be opened any more."""
    Image.init()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Extras of the package: whichever is there reads HEIC.
    heif = next((name for name in ("pillow_heif", "pi_heif") if find_spec(name) is not None), None)
    if heif is not None:
        import_module(heif).register_heif_opener(
            decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
        )
    pdq(np.zeros((64, 64, 3), np.uint8))


def _limit() -> None:
    """From here on this process has little memory and time, and opens and writes no file."""
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()

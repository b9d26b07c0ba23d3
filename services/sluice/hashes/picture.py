"""The digests of a picture in a file, for looking it up by hand."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from sluice.check import Digests
from sluice.errors import TerminalError
from sluice.hashing import digests, pdq_dihedral

MOST_BYTES = 64 << 20
MOST_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def digests_of(path: Path) -> Digests:
    """Of the bytes, and of the picture in the eight ways to turn it.

    Decodes in this process: for files that are trusted not to harm the decoder. Raises TerminalError for what is no
    picture or a huge one, OSError.
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TerminalError(f"more than {MOST_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise TerminalError(f"more than {MOST_PIXELS} pixels")
            rgb = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise TerminalError(f"no picture of {', '.join(FORMATS)}") from error
    of_bytes = digests(data)
    hashes, quality = pdq_dihedral(rgb)
    return Digests(of_bytes.md5, of_bytes.sha1, of_bytes.sha256, hashes, quality)

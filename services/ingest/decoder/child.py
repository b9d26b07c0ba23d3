"""`python -m ingest.decoder.child MAX_BYTES MAX_PIXELS SECONDS MEMORY_MIB MAX_VIEWS MAX_METADATA SECCOMP BORDERS`:
decodes pictures until its input ends.

Reads jobs from standard input and answers each on standard output, in the frames of `frames.py`; its first answer is
an empty frame that says "ready". It loads everything once and forks a worker for every picture, so it never touches
a stranger's bytes itself. The picture of a job is the rest of its payload.
"""

import gc
import io
import os
import sys

from PIL import AvifImagePlugin, Image, ImageCms, MpoImagePlugin

from ingest.decoder import heic
from ingest.decoder.answer import Refusal
from ingest.decoder.frames import frame, unpack
from ingest.decoder.limits import limit_child
from ingest.decoder.picture import Bounds, read
from ingest.decoder.sniff import Format
from ingest.decoder.worker import decode
from sluice.errors import FatalError


def main() -> None:
    """Runs until standard input ends. Exits with 1 where a codec is missing."""
    max_bytes, max_pixels, seconds, memory_mib, max_views, max_metadata, *flags = map(int, sys.argv[1:])
    seccomp, borders = (flag == 1 for flag in flags)
    try:
        limit_child(memory_mib, seccomp=seccomp)
    except FatalError as error:
        sys.exit(f"decoder: {error}")
    _warm(max_pixels, borders)
    _send(b"")
    bounds = Bounds(max_bytes, max_pixels, max_views, max_metadata, borders)
    while (payload := _receive()) is not None:
        header, (data,) = unpack(payload)
        answer = decode(data, header["declared"], bounds, seconds, seccomp=seccomp)
        if answer is None:
            return
        _send(answer)


def _warm(max_pixels: int, borders: bool = False) -> None:
    """Loads whatever a worker, which cannot open files, might load late; and proves that every codec is there."""
    Image.init()
    if not MpoImagePlugin.MpoImageFile.format:
        sys.exit("the plugin for several pictures in a JPEG is missing")
    Image.MAX_IMAGE_PIXELS = max_pixels
    # A decoder's threads would be threads in a worker that may not make any.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    if heic.installed():
        heic.register()
    for form in Format:
        if form is Format.HEIC and not heic.installed():
            continue
        answer = read(_sample(form), form.media_type, Bounds(1 << 20, 1 << 20, borders=borders))
        if isinstance(answer, Refusal):
            sys.exit(f"decoder: {form.value} cannot be read here: {answer.detail}")
    # What is loaded now is shared with every worker, and stays so while the collector leaves it alone.
    gc.collect()
    gc.freeze()


def _sample(form: Format) -> bytes:
    """A picture of ours, with a profile where the format has one: all that a profile needs is loaded, too."""
    if form is Format.HEIC:
        return heic.SAMPLE
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, form.value, icc_profile=profile)
    return out.getvalue()


def _receive() -> bytes | None:
    """The next payload, or None at the end of input."""
    head = _exactly(4)
    return None if head is None else _exactly(int.from_bytes(head, "big"))


def _exactly(count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = os.read(0, min(count - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _send(payload: bytes) -> None:
    rest = memoryview(frame(payload))
    while rest:
        rest = rest[os.write(1, rest) :]


if __name__ == "__main__":
    main()

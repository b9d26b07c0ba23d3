"""Good files of every format and of most of its variants, small, of our own making: what the fuzzer breaks."""

import io

from PIL import Image, ImageCms, PngImagePlugin

from tests.unit.heic_pictures import CLEAR, STILL, TURNED, TWO
from tests.unit.hostile_pictures import blobs, chunk, encoded

_SIZE = (48, 36)


def corpus() -> dict[str, list[bytes]]:
    """Files by format."""
    colour = blobs(*_SIZE)
    grey, palette = colour.convert("L"), colour.convert("P")
    clear = colour.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(_SIZE))
    deep = grey.convert("I;16")
    frames = {"save_all": True, "append_images": [blobs(*_SIZE, seed=1), blobs(*_SIZE, seed=2)], "duration": 40}
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile carries when it was made (ICC.1:2022, 7.2.8); a seed must give the same files at any time.
    profile = made[:24] + bytes(12) + made[36:]
    exif = Image.Exif()
    exif[0x0112] = 6
    known = {"icc_profile": profile, "exif": exif.tobytes()}
    words = PngImagePlugin.PngInfo()
    words.add_text("comment", "x" * 300, zip=True)
    png = encoded(colour, "PNG", **known)
    return {
        "JPEG": [
            encoded(colour, "JPEG"),
            encoded(colour, "JPEG", progressive=True, **known),
            encoded(grey, "JPEG", optimize=True, restart_marker_blocks=2),
            encoded(colour.convert("CMYK"), "JPEG", subsampling=0),
            encoded(colour, "MPO", save_all=True, append_images=[grey.convert("RGB")]),
        ],
        "PNG": [
            png,
            encoded(clear, "PNG"),
            encoded(palette, "PNG", transparency=0, pnginfo=words),
            encoded(grey.convert("1"), "PNG"),
            encoded(deep, "PNG"),
            encoded(colour, "PNG", **frames),
            png[:33] + chunk(b"gAMA", (4000).to_bytes(4, "big")) + png[33:],
        ],
        "WEBP": [
            encoded(colour, "WEBP"),
            encoded(clear, "WEBP", lossless=True, **known),
            encoded(clear, "WEBP", quality=30),
            encoded(colour, "WEBP", **frames),
        ],
        "GIF": [
            encoded(palette, "GIF"),
            encoded(palette, "GIF", transparency=3, interlace=1, comment=b"x" * 300),
            encoded(colour, "GIF", **frames, disposal=2),
        ],
        "TIFF": [
            *(encoded(colour, "TIFF", compression=name) for name in ("raw", "tiff_lzw", "tiff_deflate", "packbits")),
            encoded(colour, "TIFF", compression="jpeg"),
            encoded(grey.convert("1"), "TIFF", compression="group4"),
            encoded(deep, "TIFF", **known),
            encoded(clear, "TIFF", big_tiff=True),
        ],
        "AVIF": [
            encoded(colour, "AVIF", speed=10),
            encoded(clear, "AVIF", speed=10, **known),
            encoded(grey, "AVIF", speed=10, subsampling="4:0:0"),
            _timeless(encoded(colour, "AVIF", speed=10, save_all=True, append_images=[blobs(*_SIZE, seed=1)])),
        ],
        "HEIC": [STILL, TURNED, TWO, CLEAR],
    }


def _timeless(data: bytes) -> bytes:
    """The same sequence without when it was made (ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2), for the same reason."""
    out = bytearray(data)
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.find(name)
        while at >= 0:
            times = 16 if data[at + 4] else 8
            out[at + 8 : at + 8 + times] = bytes(times)
            at = data.find(name, at + 1)
    return bytes(out)


def readable(data: bytes) -> bool:
    """Whether Pillow opens a file: a corpus of files that nobody reads would break nothing."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
    return True

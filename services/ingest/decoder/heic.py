"""HEIC, where a decoder for it is installed: the wheel `pi-heif` or, if it is there, `pillow-heif`.

It is an extra of the package, not part of it, for three reasons. Both wheels hold libheif and libde265 (LGPL-3.0),
the second one an encoder besides (x265, GPL-2.0). Patents on HEVC may bind whoever decodes it. And of all decoders
here it is the one that broken files crash (`docs/ingest.md`); that costs the picture, in its process, and no more.
"""

import base64
import importlib
import importlib.util

from PIL import Image

_PLUGINS = ("pillow_heif", "pi_heif")
"""In the order in which they are looked for: the first one follows libheif more closely."""

SAMPLE = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAABAAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xy"
    "bmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAABht"
    "ZGF0AAAADCgBrxOA5s7D4SCrrg=="
)
"""A grey square of 64 pixels, of our own making."""


def installed() -> bool:
    """Whether there is a decoder that `register` could take. Nothing is loaded; looks at files."""
    return bool(_found())


def registered() -> bool:
    """Whether Pillow reads HEIC in this process."""
    return "HEIF" in Image.OPEN


def register() -> None:
    """Makes Pillow read HEIC, in one thread and without its thumbnails, depth maps and other hidden pictures."""
    importlib.import_module(_found()[0]).register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )


def _found() -> list[str]:
    return [name for name in _PLUGINS if importlib.util.find_spec(name) is not None]

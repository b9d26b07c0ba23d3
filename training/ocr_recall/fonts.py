"""The fonts that the pictures are drawn with: packages of npm, pinned by digest, fetched as models are."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import ImageFont

from sluice.models import archives
from sluice.models.card import Source, SourceFile

VERSION: Final = "5.3.0"


def _source(name: str, sha256: str, size: int, file: str, file_sha256: str, file_size: int) -> Source:
    at = f"package/files/{name}-{file}-400-normal.woff"
    files = (SourceFile(f"{name}.woff", at, file_sha256, file_size),)
    return Source("npm", files, f"@fontsource/{name}", VERSION, sha256, size)


FONTS: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "sans": _source(
            "roboto",
            "77620f437249772e381698224ea1bddd01c985ecd60267a63ddc96b9eb9348f7",
            4_049_049,
            "latin",
            "6cff12116b83321230347db75d0721e70c27c6ec69eccca93ca4b1556eaaf67f",
            21_060,
        ),
        "serif": _source(
            "lora",
            "3f2e66b0934b8652bb1a37645a9fc3e77e83b5841a09e97174e7bb11e11063c9",
            1_653_508,
            "latin",
            "5c813f4975bc7267f6b5a2086370e8651144b26b107a1d71c3f4ba287ad143f1",
            25_960,
        ),
        "typewriter": _source(
            "courier-prime",
            "fd204a077d81426e1425baed6d471ad78a8eccca931091e661637bb10b5f2724",
            241_987,
            "latin",
            "eef1a8c90dd3e7c8ebcc79b6404e8b45fa7760b211d1e41af545f4f4076560d2",
            14_380,
        ),
        "brush": _source(
            "pacifico",
            "397f4f0a8a4c44e929cafa4cfede7240f7ac81a922f6779d3fefe2192c67d619",
            231_921,
            "latin",
            "4fd3a495c0b99e9279bc36da2bc82d827daa8eaea1974094a8ef97131acbcb03",
            27_100,
        ),
        "poster": _source(
            "anton",
            "796d0b1b7a503636458c0869ef9993659411c86443a4e4e7555ead4b29293db4",
            115_630,
            "latin",
            "8b71c21962cd08b95fc2186386b121d853de5f7e02db382ed329c5a80a04c4d1",
            15_632,
        ),
        "handwriting": _source(
            "caveat",
            "ebf746fc0667b9d10fcac7c8604e2ba40a264da85a1c9b48bd679c0af3221293",
            1_241_035,
            "latin",
            "38b98dbeb922a14a74dfb41f83fc24e0e645e2eed9ce72145fefbdae8828cbfb",
            60_108,
        ),
        "chinese": _source(
            "noto-sans-sc",
            "05a7abac78a6cac4bd1361e7b24c680ee820fcc2f22cf5cc92673f4cd12771c5",
            73_416_948,
            "chinese-simplified",
            "dc20a86875ff056a6332c353bc9a82d199bb2e5aae1d444f912c1fbff783bfa5",
            1_564_084,
        ),
    }
)
"""By what they look like. All are under the SIL Open Font License 1.1."""


def fetch(names: set[str], folder: Path) -> None:
    """Puts the fonts into the folder, those that are missing. Raises FetchError."""
    for name in sorted(names):
        source = FONTS[name]
        out = folder / source.files[0].name
        if not out.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            archives.extract(archives.obtain(source, folder / f".{name}"), source.files[0], out)


def load(name: str, folder: Path, size: int) -> ImageFont.FreeTypeFont:
    """A font at a size in pixels. Raises OSError where it was not fetched."""
    return ImageFont.truetype(str(folder / FONTS[name].files[0].name), size)

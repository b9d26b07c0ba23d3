"""What kind of picture some bytes are, by their first bytes. Names and declared types are hints from strangers."""

from enum import Enum

from sluice import media


class Format(Enum):
    """The formats that are read. `value`: Pillow's name of the format."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    TIFF = "TIFF"
    AVIF = "AVIF"
    HEIC = "HEIF"
    """Read where its decoder is installed (`pip install sluice[heic]`)."""

    @property
    def media_type(self) -> str:
        """The registered media type."""
        return f"image/{self.name.lower()}"


_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/tif": "image/tiff",
    "image/heif": "image/heic",
}
_UNDECLARED = frozenset({"", "application/octet-stream"})


def sniff(data: bytes) -> Format | None:
    """The format whose signature `data` starts with, or None. Nothing is parsed."""
    found = media.sniff(data)
    return next((form for form in Format if form.media_type == found), None)


def declared_as_is(declared: str, found: Format) -> bool:
    """Whether a declared media type agrees with what was found; one that says nothing agrees with everything."""
    plain = declared.partition(";")[0].strip().lower()
    return plain in _UNDECLARED or _ALIASES.get(plain, plain) == found.media_type

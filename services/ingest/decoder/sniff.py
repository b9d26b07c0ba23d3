"""What kind of picture some bytes are, by their first bytes. Names and declared types are hints from strangers."""

from enum import Enum


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
_TIFF_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})


def sniff(data: bytes) -> Format | None:
    """The format whose signature `data` starts with, or None. Nothing is parsed."""
    if data.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Format.WEBP
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    if data.startswith(_TIFF_STARTS):
        return Format.TIFF
    found = brands(data)
    if _AVIF_BRANDS.intersection(found):
        return Format.AVIF
    return Format.HEIC if _HEIC_BRANDS.intersection(found) else None


def declared_as_is(declared: str, found: Format) -> bool:
    """Whether a declared media type agrees with what was found; one that says nothing agrees with everything."""
    plain = declared.partition(";")[0].strip().lower()
    return plain in _UNDECLARED or _ALIASES.get(plain, plain) == found.media_type


def brands(data: bytes) -> list[bytes]:
    """The brands of an ISO base media file (ISO/IEC 14496-12, `ftyp`): AVIF and HEIC start with them."""
    if data[4:8] != b"ftyp":
        return []
    size = min(int.from_bytes(data[:4], "big"), len(data), 256)
    return [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]

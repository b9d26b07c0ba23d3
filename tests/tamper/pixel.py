"""Changes a byte of the compressed pixels and makes the container's checksums right again."""

from tests.fuzz.containers import kind, pieces, repaired
from tests.tamper.bytewise import flipped
from tests.tamper.victim import Victim


def change(victim: Victim) -> bytes:
    """Where pixels lie differs: in a chunk, in a box, or at an end of the file."""
    data = victim.signed
    return repaired(pieces(flipped(data, _at(data))))


def _at(data: bytes) -> int:
    match kind(data):
        case "PNG":
            return data.index(b"IDAT") + 100
        case "WEBP":
            return data.index(b"VP8 ") + 200
        case "boxes":
            return data.rindex(b"mdat") + 10
        case "TIFF":
            return 1000
        case _:
            return len(data) - 200

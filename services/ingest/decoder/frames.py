"""How jobs and answers travel through the pipes: a length in four bytes, then a JSON header and the blobs it counts.

The side that reads answers trusts nothing: a decoder that a picture took over writes what it likes.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.sniff import Format
from sluice.check import Picture
from sluice.hashing import DIHEDRAL, PDQ_BYTES

MAX_ANSWER = 64 << 20
"""Bytes of an answer: ten JPEGs of at most 640 pixels a side are far smaller."""

_MAX_TILES = 9
_MAX_SIDE = 1 << 16
_HIDDEN = re.compile(r"[^A-Za-z0-9 ,.:/_-]")
_MEDIA_TYPES = frozenset(form.media_type for form in Format)


class FrameError(Exception):
    """Bytes that are no answer of a decoder of ours."""


def frame(payload: bytes) -> bytes:
    """A payload behind its length."""
    return len(payload).to_bytes(4, "big") + payload


def pack(header: dict[str, Any], blobs: Sequence[bytes]) -> bytes:
    """A header and blobs as one payload."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    return b"".join([frame(text), *blobs])


def unpack(payload: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blobs of a payload. Raises FrameError unless it is exactly one."""
    at = 4 + int.from_bytes(payload[:4], "big")
    try:
        header = json.loads(payload[4:at])
    except (ValueError, RecursionError) as error:
        raise FrameError("the header is not JSON") from error
    sizes = header.get("blobs") if isinstance(header, dict) else None
    if not isinstance(sizes, list) or len(sizes) > 2 + _MAX_TILES:
        raise FrameError("the header counts no blobs")
    blobs = []
    for size in sizes:
        blobs.append(payload[at : at + _number(size, MAX_ANSWER)])
        at += size
    if at != len(payload):
        raise FrameError("the blobs do not fill the payload")
    return header, blobs


def pack_answer(answer: Reading | Refusal) -> bytes:
    """An answer as a payload."""
    if isinstance(answer, Refusal):
        return pack({"trouble": answer.trouble, "detail": answer.detail}, [])
    pictures = [answer.rendition, *answer.tiles]
    header = {
        "media_type": answer.media_type,
        "size": [answer.width, answer.height],
        "quality": answer.pdq_quality,
        "places": [[picture.width, picture.height, picture.left, picture.top] for picture in pictures],
    }
    return pack(header, [b"".join(answer.pdq), *(picture.data for picture in pictures)])


def unpack_answer(payload: bytes) -> Reading | Refusal:
    """The answer in a payload. Raises FrameError for anything that is not a possible one."""
    header, blobs = unpack(payload)
    if "trouble" in header:
        return _refusal(header)
    places = header.get("places")
    if not isinstance(places, list) or len(places) != len(blobs) - 1 or not places:
        raise FrameError("places and pictures do not agree")
    if header.get("media_type") not in _MEDIA_TYPES or len(blobs[0]) != len(DIHEDRAL) * PDQ_BYTES:
        raise FrameError("not a reading")
    width, height = _numbers(header.get("size"), 2)
    pictures = [_picture(blob, place) for blob, place in zip(blobs[1:], places, strict=True)]
    return Reading(
        media_type=header["media_type"],
        width=width,
        height=height,
        pdq=tuple(blobs[0][at : at + PDQ_BYTES] for at in range(0, len(blobs[0]), PDQ_BYTES)),
        pdq_quality=_number(header.get("quality"), 100),
        rendition=pictures[0],
        tiles=tuple(pictures[1:]),
    )


def _refusal(header: dict[str, Any]) -> Refusal:
    try:
        trouble = Trouble(header["trouble"])
    except ValueError as error:
        raise FrameError("not a refusal") from error
    return Refusal(trouble, _HIDDEN.sub("", str(header.get("detail", "")))[:120])


def _picture(data: bytes, place: object) -> Picture:
    width, height, left, top = _numbers(place, 4)
    if not data.startswith(b"\xff\xd8\xff") or not width or not height:
        raise FrameError("not a rendition")
    return Picture(data, width, height, left, top)


def _numbers(value: object, count: int) -> list[int]:
    if not isinstance(value, list) or len(value) != count:
        raise FrameError("not a row of numbers")
    return [_number(item, _MAX_SIDE) for item in value]


def _number(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise FrameError("a number out of bounds")
    return value

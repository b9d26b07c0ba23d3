"""How jobs and answers travel through the pipes: a length in four bytes, then a JSON header and the blobs it counts.

The side that reads answers trusts nothing: a decoder that a picture took over writes what it likes.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ingest.decoder.answer import Reading, Refusal, Trouble, View
from ingest.decoder.sniff import Format
from sluice.check import Picture
from sluice.hashing import DIHEDRAL, PDQ_BYTES, PDQ_CROPS

MAX_ANSWER = 128 << 20
"""Bytes of an answer: sixteen views of ten JPEGs, each of at most 640 pixels a side, stay below."""

_MAX_TILES = 9
_MAX_VIEWS = 16
_MAX_BLOBS = _MAX_VIEWS * (2 + _MAX_TILES)
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
    if not isinstance(sizes, list) or len(sizes) > _MAX_BLOBS:
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
    header = {
        "media_type": answer.media_type,
        "size": [answer.width, answer.height],
        "views": [
            {
                "what": view.what,
                "quality": view.pdq_quality,
                "places": [[one.width, one.height, one.left, one.top] for one in (view.rendition, *view.tiles)],
            }
            for view in answer.views
        ],
    }
    blobs = [
        blob
        for view in answer.views
        for blob in (b"".join(view.pdq), view.rendition.data, *(tile.data for tile in view.tiles))
    ]
    return pack(header, blobs)


def unpack_answer(payload: bytes) -> Reading | Refusal:
    """The answer in a payload. Raises FrameError for anything that is not a possible one."""
    header, blobs = unpack(payload)
    if "trouble" in header:
        return _refusal(header)
    media_type, views = header.get("media_type"), header.get("views")
    if media_type not in _MEDIA_TYPES or not isinstance(views, list) or not 0 < len(views) <= _MAX_VIEWS:
        raise FrameError("not a reading")
    width, height = _numbers(header.get("size"), 2)
    rest = iter(blobs)
    found = tuple(_view(view, rest) for view in views)
    if next(rest, None) is not None:
        raise FrameError("a blob of no view")
    return Reading(media_type, width, height, found)


def _view(view: object, blobs: Iterator[bytes]) -> View:
    places = view.get("places") if isinstance(view, dict) else None
    if not isinstance(view, dict) or not isinstance(places, list) or not 0 < len(places) <= 1 + _MAX_TILES:
        raise FrameError("not a view")
    pdq = next(blobs, b"")
    if len(pdq) not in {crops * len(DIHEDRAL) * PDQ_BYTES for crops in range(1, PDQ_CROPS + 1)}:
        raise FrameError("not the hashes of a view")
    whole, *tiles = [_picture(next(blobs, b""), place) for place in places]
    return View(
        what=_words(view.get("what"), 40),
        pdq=tuple(pdq[at : at + PDQ_BYTES] for at in range(0, len(pdq), PDQ_BYTES)),
        pdq_quality=_number(view.get("quality"), 100),
        rendition=whole,
        tiles=tuple(tiles),
    )


def _refusal(header: dict[str, Any]) -> Refusal:
    try:
        trouble = Trouble(header["trouble"])
    except ValueError as error:
        raise FrameError("not a refusal") from error
    return Refusal(trouble, _words(header.get("detail"), 120))


def _words(value: object, most: int) -> str:
    """Words that may be shown: nothing that a terminal or a log would take for more than letters."""
    return _HIDDEN.sub("", value)[:most] if isinstance(value, str) else ""


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

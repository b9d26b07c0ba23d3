"""What a caller hands in, as contents of a request: what travels inside it, and what by reference."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gateway.contents import MOST_TEXT_BYTES, Item, Picture, Stored, Text, contents_of
from gateway.errors import ApiError
from gateway.links import MESSAGE_BYTES
from gateway.parts import Parts
from gateway.road import INLINE_TOTAL_BYTES
from sluice.deadline import Deadline
from sluice.v1.ingest_pb2 import PrepareResponse
from sluice.v1.request_pb2 import ROLE_PROMPT, ROLE_UPLOAD, Content, ObjectReference, Request
from tests.unit.gateway_door import TableRoad

MIB = 1 << 20


@dataclass
class FewParts:
    """What `contents_of` uses of a gateway's parts."""

    road: TableRoad = field(default_factory=TableRoad)
    inline_limit: int = MIB


async def made(items: Sequence[Item], parts: FewParts | None = None) -> list[Content]:
    """The contents of a request."""
    return await contents_of(cast("Parts", cast("Any", parts or FewParts())), items, Deadline.after(10))


def picture(size: int) -> Picture:
    """A picture of so many bytes."""
    return Picture(ROLE_UPLOAD, b"x" * size, "input[0]")


async def test_texts_and_references_travel_as_they_are() -> None:
    reference = ObjectReference(uri="file:///o/1", sha256=b"s" * 32, size_bytes=1)
    assert await made([Text(ROLE_PROMPT, "x", ""), Stored(ROLE_UPLOAD, reference, "")]) == [
        Content(role=ROLE_PROMPT, text="x"),
        Content(role=ROLE_UPLOAD, reference=reference),
    ]


@pytest.mark.parametrize(
    ("sizes", "inside"),
    [
        ([MIB], [True]),
        ([MIB + 1], [False]),
        ([MIB] * 5, [True] * 4 + [False]),
        ([MIB, MIB, MIB, MIB - 1, 2, 1], [True] * 4 + [False, True]),
    ],
)
async def test_small_pictures_travel_inside_as_long_as_they_fit(sizes: list[int], inside: list[bool]) -> None:
    parts = FewParts()
    found = await made([picture(size) for size in sizes], parts)
    assert [content.WhichOneof("body") == "image" for content in found] == inside
    assert sum(len(content.image) for content in found) <= INLINE_TOTAL_BYTES
    assert len(parts.road.prepared) == inside.count(False)


async def test_texts_fit_into_one_message_or_are_refused() -> None:
    """A message that is too large would be told as a door that is full, which asking again never mends."""
    half = "ä" * (MOST_TEXT_BYTES // 4)
    whole = [Text(ROLE_PROMPT, half, "input[0].text"), Text(ROLE_PROMPT, half, "input[1].text")]
    pictures = [picture(MIB)] * 4
    found = Request(contents=await made([*whole, *pictures]))
    assert found.ByteSize() < MESSAGE_BYTES - MIB // 2
    with pytest.raises(ApiError) as caught:
        await made([*whole, Text(ROLE_PROMPT, "x", "input[2].text")])
    error = caught.value
    assert (error.status, error.code, error.param) == (400, "unprocessable_content", "input[2].text")
    assert "too_large" in error.message


async def test_a_picture_that_is_not_kept_is_asked_about_by_its_digest() -> None:
    parts = FewParts(TableRoad(prepares=lambda _: PrepareResponse()))
    (found,) = await made([picture(MIB + 1)], parts)
    digest = hashlib.sha256(b"x" * (MIB + 1)).digest()
    assert found.reference == ObjectReference(sha256=digest, size_bytes=MIB + 1)

"""Prepared contents, with their renditions in an object store: what ingest would hand to a check."""

import hashlib
from collections.abc import Sequence

from benchmarks.images.inputs import SQUARE, draw
from ingest.decoder.renditions import whole
from sluice.check import Picture
from sluice.objects import ObjectStore, rendition_key
from sluice.v1.contents_pb2 import ImageDigests, PreparedContent, PreparedImage, Rendition
from sluice.v1.request_pb2 import ROLE_GENERATED

DIFFERENT = 32
"""Pictures; a round goes through them again and again."""
_JPEG = "image/jpeg"


def renditions(count: int = DIFFERENT) -> list[Picture]:
    """Of as many pictures of 1024 x 1024: 512 x 512 each."""
    return [whole(draw(SQUARE, seed)) for seed in range(count)]


async def stored(pictures: Sequence[Picture], store: ObjectStore) -> list[PreparedContent]:
    """A content for each. The check that asks for renditions alone reads nothing else of it."""
    return [await _stored(picture, store) for picture in pictures]


async def _stored(picture: Picture, store: ObjectStore) -> PreparedContent:
    digest = hashlib.sha256(picture.data).digest()
    reference = await store.keep(rendition_key(digest, "512", digest), picture.data, _JPEG)
    rendition = Rendition(object=reference, width=picture.width, height=picture.height)
    width, height = SQUARE
    image = PreparedImage(
        original=reference,
        digests=ImageDigests(sha256=digest),
        width=width,
        height=height,
        rendition=rendition,
    )
    return PreparedContent(id="c0", role=ROLE_GENERATED, sha256=digest, image=image)

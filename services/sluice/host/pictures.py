"""Fetches what a check wants to look at from the object store: renditions, never originals."""

import asyncio

from sluice.check import Check, Item, Kind, Need, Picture
from sluice.host.convert import item_of, kind_of
from sluice.objects import ObjectStore
from sluice.v1 import contents_pb2

_RENDITION_LIMIT = 8 << 20
"""No rendition of ours comes near this many bytes."""


async def item_for(check: type[Check] | Check, content: contents_pb2.PreparedContent, store: ObjectStore) -> Item:
    """The item with the pictures that the check needs. Raises the object store's errors."""
    if kind_of(content) is not Kind.IMAGE:
        return item_of(content)
    rendition: Picture | None = None
    tiles: tuple[Picture, ...] = ()
    if Need.RENDITION in check.needs:
        rendition = await _fetch(content.image.rendition, store)
    if Need.TILES in check.needs:
        tiles = tuple(await asyncio.gather(*(_fetch(tile, store) for tile in content.image.tiles)))
    return item_of(content, rendition, tiles)


async def _fetch(rendition: contents_pb2.Rendition, store: ObjectStore) -> Picture:
    data = await store.get(rendition.object, _RENDITION_LIMIT)
    return Picture(data, rendition.width, rendition.height, rendition.left, rendition.top)

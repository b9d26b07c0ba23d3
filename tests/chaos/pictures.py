"""Reads signed pictures back and verifies them as a stranger would."""

import asyncio
from collections.abc import Mapping, Sequence

from sluice.c2pa_sdk import Sdk
from sluice.errors import RetryableError
from sluice.objects import DigestMismatchError, ForbiddenUriError, NotFoundError, ObjectStore, TooLargeError
from sluice.provenance import verify_with
from sluice.v1.asset_pb2 import SignedAsset
from tests.chaos.history import Picture

_MOST_BYTES = 64 << 20


def look(assets: Sequence[SignedAsset], store_url: str, anchors: str) -> Mapping[str, Picture]:
    """What each signed object is, by its uri. `anchors`: the trust anchors, PEM."""
    return asyncio.run(_look(assets, ObjectStore.open(store_url), Sdk(anchors)))


async def _look(assets: Sequence[SignedAsset], store: ObjectStore, sdk: Sdk) -> Mapping[str, Picture]:
    found: dict[str, Picture] = {}
    for asset in assets:
        try:
            data = await store.get(asset.signed, _MOST_BYTES)
        except (NotFoundError, DigestMismatchError, ForbiddenUriError, TooLargeError, RetryableError):
            found[asset.signed.uri] = Picture(found=False)
            continue
        verified = verify_with(sdk, data, asset.signed.media_type)
        found[asset.signed.uri] = Picture(found=True, state=verified.state, says=verified.decision)
    return found

"""The other side: the same inputs straight into the same checks, in this process, batched as the host would.

Preparing them (decoding, renditions) is not counted here: it is part of what the pipeline adds.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Self

from hash_matcher.check import HashMatcher
from image_classifier.check import ImageClassifier
from ingest.decoder.answer import Reading
from ingest.decoder.picture import Bounds, read
from person_classifier.check import PersonClassifier
from sluice.check import Check, Digests, Item, Kind, Picture
from sluice.hashing import digests
from sluice.settings import Reader, read_settings
from sluice.text.folding import fold
from sluice.v1.request_pb2 import Request
from text_classifier.check import TextClassifier
from text_classifier.image_text import ImageTextClassifier

_BOUNDS = Bounds(max_bytes=20 << 20, max_pixels=64_000_000)


class BareChecks:
    """The checks of the default policy, opened once."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = checks

    @classmethod
    async def open(cls) -> Self:
        """Loads the models, as the services do."""
        kinds = (TextClassifier, ImageTextClassifier, ImageClassifier, PersonClassifier, HashMatcher)
        return cls(await open_checks(kinds, {}))

    async def seconds(self, requests: Sequence[Request]) -> float:
        """CPU seconds of this process in the checks for these requests."""
        items = [item_of(request) for request in requests]
        begun = time.process_time()
        for check in self._checks:
            mine = [item for item in items if item.kind in check.kinds]
            for batch in batches(mine, check.max_batch):
                await check.run(batch)
        return time.process_time() - begun


async def open_checks(kinds: Sequence[type[Check]], told: Mapping[str, str]) -> Sequence[Check]:
    """Opens checks as their services do. `told`: settings beside those of the environment."""
    with TemporaryDirectory() as home:
        env = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": "unused:1",
            "SLUICE_HOME": home,
            "SLUICE_TEST_BANK": "1",
            **told,
        }
        reader = Reader(env)
        settings = read_settings(reader, env)
        reader.finish()
        return [await kind.open(settings, Reader(env)) for kind in kinds]


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Items in groups of at most `size`."""
    for at in range(0, len(items), size):
        yield items[at : at + size]


def item_of(request: Request) -> Item:
    """A request's one content as a check sees it."""
    content = request.contents[0]
    if content.WhichOneof("body") == "text":
        return Item("c0", Kind.TEXT, text=content.text, folded=fold(content.text))
    found = read(content.image, "", _BOUNDS)
    if not isinstance(found, Reading):
        raise SystemExit(f"a sample picture cannot be read: {found}")
    bytes_ = digests(content.image)
    return Item(
        "c0",
        Kind.IMAGE,
        digests=Digests(bytes_.md5, bytes_.sha1, bytes_.sha256, found.pdq, found.pdq_quality),
        width=found.width,
        height=found.height,
        rendition=Picture(found.rendition.data, found.rendition.width, found.rendition.height),
        tiles=tuple(Picture(t.data, t.width, t.height, t.left, t.top) for t in found.tiles),
    )

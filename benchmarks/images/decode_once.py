"""Part `decode`: one decoding, by ingest, whose copies the checks read, against a decoding in every check.

Both sides end with the same: for the check "image" the pixels of the whole at 512 pixels, for "person" and
"image_text" those and the picture at up to 1600 pixels, for "hash" eight PDQ hashes. Neither side is put into
children here. With children, the side that decodes in every check needs one for every check: that is computed from
what a child adds to one reading.
"""

import asyncio
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.bare import item_of
from benchmarks.images.inputs import Sample, samples
from benchmarks.images.measure import Spent, best, repeated, rounds
from benchmarks.images.opened import environment, ingest_settings
from benchmarks.images.report import Outcome
from benchmarks.images.stages import BOUNDS, pool_side
from ingest.decoder.picture import read
from ingest.decoder.pixels import shrunk, stored_rgb
from ingest.decoder.pool import DecoderPool
from ingest.decoder.renditions import RENDITION_SIDE, TILED_SIDE
from sluice.check import Item, Picture
from sluice.hashing import pdq_dihedral
from sluice.pixels import decode
from sluice.tiles import compose
from sluice.v1.request_pb2 import Content, Request

DECODINGS = 4
"""In the side that decodes in every check: "image", "person", "image_text", and "hash"."""
INGEST, COPIES, ORIGINALS, HASH, POOL = "ingest", "copies", "originals", "hash", "pool"


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU milliseconds of one picture. `child`: what a child of the pool adds. `once_kb`, `each_kb`: what the checks
    fetch from the object store."""

    ingest: float
    copies: float
    originals: float
    hash: float
    child: float
    once_kb: float
    each_kb: float

    @property
    def once(self) -> float:
        """One decoding, and three checks that read its copies."""
        return self.ingest + self.copies

    @property
    def each(self) -> float:
        """Three checks that decode, and a fourth that hashes."""
        return self.originals + self.hash

    @property
    def once_in_children(self) -> float:
        """One child."""
        return self.once + self.child

    @property
    def each_in_children(self) -> float:
        """A child for every check."""
        return self.each + DECODINGS * self.child


def measure(count: int, say: Callable[[str], None]) -> Outcome:
    """Both sides over the three pictures."""
    pictures, items = samples(), {}
    sides: dict[tuple[str, str], Callable[[], Spent]] = {}
    with TemporaryDirectory(prefix="sluice-benchmark-") as home, asyncio.Runner() as runner:
        env = environment(Path(home), Path(home) / "models")
        pool = runner.run(DecoderPool.open(ingest_settings(env)))
        for sample in pictures:
            item = items[sample.key] = item_of(Request(contents=[Content(image=sample.data)]))
            sides |= {(sample.key, name): _side(work) for name, work in works_of(sample.data, item).items()}
            sides[sample.key, POOL] = pool_side(runner, pool, sample.data)
        say(f"decode: {count} rounds and one to warm up")
        spent = rounds(sides, count)
        runner.run(pool.close())
    cpu: dict[str, dict[str, float]] = {sample.key: {} for sample in pictures}
    for (key, name), each in spent.items():
        cpu[key][name] = best([one.cpu_ms for one in each])
    return outcome(pictures, {one.key: costs_of(cpu[one.key], items[one.key], len(one.data)) for one in pictures})


def works_of(data: bytes, item: Item) -> dict[str, Callable[[], object]]:
    """The work of both sides."""

    def originals() -> None:
        _sized(data, RENDITION_SIDE)
        for _ in ("person", "image_text"):
            _sized(data, RENDITION_SIDE, TILED_SIDE)

    def copies() -> None:
        _copies(item, with_tiles=False)
        for _ in ("person", "image_text"):
            _copies(item, with_tiles=True)

    return {
        INGEST: lambda: read(data, "", BOUNDS),
        COPIES: copies,
        ORIGINALS: originals,
        HASH: lambda: pdq_dihedral(np.asarray(_decoded(data))),
    }


def costs_of(cpu: Mapping[str, float], item: Item, original: int) -> Costs:
    """From milliseconds by work, and bytes of the original."""
    whole, tiles = len(_rendition(item).data), sum(len(tile.data) for tile in item.tiles)
    return Costs(
        cpu[INGEST],
        cpu[COPIES],
        cpu[ORIGINALS],
        cpu[HASH],
        max(0.0, cpu[POOL] - cpu[INGEST]),
        (3 * whole + 2 * tiles) / 1000,
        DECODINGS * original / 1000,
    )


def outcome(pictures: Sequence[Sample], found: Mapping[str, Costs]) -> Outcome:
    """The table."""
    lines: list[tuple[str, Callable[[Costs], float]]] = [
        ("once: ingest decodes, hashes, makes copies", lambda one: one.ingest),
        ("once: three checks read the copies", lambda one: one.copies),
        ("once, sum", lambda one: one.once),
        ("each: three checks decode and shrink", lambda one: one.originals),
        ("each: a fourth decodes and hashes", lambda one: one.hash),
        ("each, sum", lambda one: one.each),
        ("once, in a child", lambda one: one.once_in_children),
        ("each, in a child each (computed)", lambda one: one.each_in_children),
        ("kB fetched by the checks, once", lambda one: one.once_kb),
        ("kB fetched by the checks, each", lambda one: one.each_kb),
    ]
    rows = [[name, *(f"{value(found[one.key]):,.1f}" for one in pictures)] for name, value in lines]
    figures: dict[str, float] = {}
    for key, one in found.items():
        figures |= {
            f"decode_{key}_once_cpu_ms": one.once,
            f"decode_{key}_each_cpu_ms": one.each,
            f"decode_{key}_each_over_once": one.each / one.once,
            f"decode_{key}_each_over_once_in_children": one.each_in_children / one.once_in_children,
        }
    ratios = ", ".join(f"{one.name} {found[one.key].each / found[one.key].once:.2f}" for one in pictures)
    children = ", ".join(
        f"{one.name} {found[one.key].each_in_children / found[one.key].once_in_children:.2f}" for one in pictures
    )
    notes = (f"each / once: {ratios}", f"the same with children: {children}")
    columns = ("CPU ms a picture", *(one.name for one in pictures))
    return Outcome("One decoding or one in every check, best of the rounds", columns, rows, figures, notes)


def _side(work: Callable[[], object]) -> Callable[[], Spent]:
    return lambda: repeated(work)


def _decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return stored_rgb(image)


def _sized(data: bytes, *sides: int) -> None:
    image = _decoded(data)
    for side in sorted(sides, reverse=True):
        image = shrunk(image, side)
        np.asarray(image)


def _copies(item: Item, *, with_tiles: bool) -> None:
    decode(_rendition(item))
    if with_tiles and item.tiles:
        compose(item, [decode(tile) for tile in item.tiles])


def _rendition(item: Item) -> Picture:
    if item.rendition is None:
        raise SystemExit("a picture of ours has no rendition")
    return item.rendition

"""Part `stages`: CPU time of one picture, from its bytes to the last check, one picture at a time.

What reading consists of is measured step by step, and as a whole, which has the looks at a file's structure, too.
The same whole in a child of the pool shows what the child costs: a fork, limits, pipes, and memory that is touched
for the first time.
"""

import asyncio
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.bare import item_of
from benchmarks.images.inputs import Sample, samples
from benchmarks.images.measure import FEWEST_ELSEWHERE, Spent, best, repeated, rounds
from benchmarks.images.opened import environment, ingest_settings, open_checks
from benchmarks.images.report import Outcome
from ingest.decoder.answer import Reading
from ingest.decoder.picture import Bounds, read
from ingest.decoder.pixels import shrunk, stored_rgb
from ingest.decoder.pool import DecoderPool
from ingest.decoder.renditions import TILED_SIDE, tiles, whole
from sluice.check import Check, Item
from sluice.hashing import digests, pdq_dihedral
from sluice.models import fit, nsfw
from sluice.models.classify import contract_of
from sluice.models.engine import EngineSettings
from sluice.models.onnx_engine import OnnxEngine
from sluice.models.opened import Model, open_model
from sluice.pixels import Rgb, decode
from sluice.v1.request_pb2 import Content, Request

BOUNDS = Bounds(max_bytes=20 << 20, max_pixels=64_000_000)
DIGESTS, PIXELS, PDQ, COPIES, READING = (
    "digests: MD5, SHA-1, SHA-256",
    "decoding",
    "PDQ, eight variants",
    "rendition and tiles",
    "reading: all that, and structure",
)
POOL = "the same, in a child of the pool"
IMAGE = ("image: decoding the rendition", "image: resizing", "image: model")
CHECK = "check {}"

Works = Mapping[str, Callable[[], object]]


def measure(models: Path, count: int, say: Callable[[str], None]) -> Outcome:
    """Every stage over the three pictures, `count` rounds."""
    pictures = samples()
    sides: dict[tuple[str, str], Callable[[], Spent]] = {}
    with TemporaryDirectory(prefix="sluice-benchmark-") as home, asyncio.Runner() as runner:
        env = environment(Path(home), models)
        checks = runner.run(open_checks(env))
        model = open_model(models, nsfw.NAME, EngineSettings())
        pool = runner.run(DecoderPool.open(ingest_settings(env)))
        for sample in pictures:
            item = item_of(Request(contents=[Content(image=sample.data)]))
            works = {
                **reading_works(sample.data),
                **image_works(model, item),
                **{CHECK.format(name): _check_work(runner, check, item) for name, check in checks.items()},
            }
            sides |= {(sample.key, name): _side(work) for name, work in works.items()}
            sides[sample.key, POOL] = pool_side(runner, pool, sample.data)
        say(f"stages: {len(sides)} of them, {count} rounds and one to warm up")
        found = rounds(sides, count)
        runner.run(pool.close())
    cpu: dict[str, dict[str, float]] = {sample.key: {} for sample in pictures}
    for (key, name), spent in found.items():
        cpu[key][name] = best([each.cpu_ms for each in spent])
    return outcome(pictures, cpu)


def reading_works(data: bytes) -> Works:
    """What a decoder does with a picture, step by step and at once."""
    image = _pixels(data)
    array = np.asarray(image)

    def copies() -> None:
        small = shrunk(image, TILED_SIDE)
        whole(small)
        tiles(small)

    return {
        DIGESTS: lambda: digests(data),
        PIXELS: lambda: _pixels(data),
        PDQ: lambda: pdq_dihedral(array),
        COPIES: copies,
        READING: lambda: _whole(read(data, "", BOUNDS)),
    }


def image_works(model: Model, item: Item) -> Works:
    """The parts of the check "image"."""
    if item.rendition is None or not isinstance(model.engine, OnnxEngine):
        raise SystemExit("the check needs a rendition, and its model in this process")
    rendition, engine, contract, name = (
        item.rendition,
        model.engine,
        contract_of(model.card),
        model.card.inputs[0].name,
    )
    rgb: Rgb = decode(rendition)
    pixels = fit.batch([rgb], contract)
    works = (lambda: decode(rendition), lambda: fit.batch([rgb], contract), lambda: engine.answer({name: pixels}))
    return dict(zip(IMAGE, works, strict=True))


def pool_side(runner: asyncio.Runner, pool: DecoderPool, data: bytes) -> Callable[[], Spent]:
    """Reading in a child of the pool, and everything around it."""
    return lambda: repeated(lambda: _whole(runner.run(pool.decode(data))), fewest=FEWEST_ELSEWHERE)


def outcome(pictures: Sequence[Sample], cpu: Mapping[str, Mapping[str, float]]) -> Outcome:
    """The table. `cpu`: by picture and stage, milliseconds."""
    rows = {key: _with_sums(stages) for key, stages in cpu.items()}
    names = list(next(iter(rows.values())))
    table = [[name, *(f"{rows[one.key][name]:,.2f}" for one in pictures)] for name in names]
    figures = {
        f"stages_{key}_{_short(name)}_cpu_ms": value for key, row in rows.items() for name, value in row.items()
    }
    columns = ("CPU ms a picture", *(f"{one.name}, {len(one.data) / 1000:,.0f} kB" for one in pictures))
    return Outcome("Stages, one picture at a time, best of the rounds", columns, table, figures)


def _with_sums(stages: Mapping[str, float]) -> dict[str, float]:
    checks = [name for name in stages if name.startswith(CHECK.format(""))]
    return {
        DIGESTS: stages[DIGESTS],
        **{name: stages[name] for name in (PIXELS, PDQ, COPIES, READING)},
        POOL: stages[POOL],
        "ingest, sum": stages[DIGESTS] + stages[POOL],
        **{name: stages[name] for name in IMAGE},
        **{name: stages[name] for name in checks},
        "ingest and checks, sum": stages[DIGESTS] + stages[POOL] + sum(stages[name] for name in checks),
    }


def _check_work(runner: asyncio.Runner, check: Check, item: Item) -> Callable[[], object]:
    return lambda: runner.run(_run(check, item))


async def _run(check: Check, item: Item) -> None:
    (result,) = await check.run([item])
    if result.status != "OK":
        raise SystemExit(f"the check {check.name} gave {result.status}: {result.detail}")


def _side(work: Callable[[], object]) -> Callable[[], Spent]:
    return lambda: repeated(work)


def _pixels(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return stored_rgb(image)


def _whole(answer: object) -> None:
    if not isinstance(answer, Reading):
        raise SystemExit(f"a picture of ours cannot be read: {answer}")


def _short(name: str) -> str:
    return "_".join("".join(each if each.isalnum() else " " for each in name.lower()).split())

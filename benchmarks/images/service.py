"""Part `service`: pictures a second through the whole image classifier, against its model alone.

Three sides, in turn in every round, over the same renditions: *service*, a server process with its object store,
asked over gRPC for as many pictures at once as fill its batches; *library*, what a program that has only the model
would do with the same renditions, one after another in one process: decode, resize, run; *model*, the same engine on
full batches of pixels that are ready. Inference is one thread on each side.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.images.measure import Spent, Watch, median, ratio
from benchmarks.images.opened import environment, settings_of
from benchmarks.images.packs import PACKS, Pack
from benchmarks.images.prepared import renditions, stored
from benchmarks.images.report import Outcome
from benchmarks.images.server import Server, serving
from image_classifier.check import ImageClassifier
from sluice.check import Picture
from sluice.models import fit
from sluice.models.classify import contract_of
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.objects import ObjectStore
from sluice.pixels import decode
from sluice.v1.contents_pb2 import PreparedContent

SERVICE, LIBRARY, MODEL = "service", "library", "model"
BATCH = ImageClassifier.max_batch

T = TypeVar("T")
Found = dict[str, list[Spent]]


def measure(
    models: Path, count: int, pictures: int, in_flight: int, device: str, say: Callable[[str], None]
) -> Outcome:
    """Every model of the repository `models`, `count` rounds of `pictures` for the smallest."""
    drawn = renditions()
    found: dict[str, Found] = {}
    for pack in PACKS:
        many = max(2 * BATCH, pictures // pack.weight // BATCH * BATCH)
        say(f"service: {pack.title}, {many} pictures a round")
        with TemporaryDirectory(prefix="sluice-benchmark-") as home:
            env = environment(Path(home), models) | {
                "SLUICE_IMAGE_PACKS": pack.name,
                "SLUICE_ONNX_DEVICE": device,
                # For a gRPC client that waits for as many pictures as this measures.
                "SLUICE_MAX_INFLIGHT": str(max(256, 2 * in_flight)),
            }
            with serving(env, Path(home) / "service.log") as server:
                model = open_model(models, pack.name, EngineSettings(device=device))
                store = ObjectStore.open(settings_of(env).object_store)
                found[pack.key] = asyncio.run(_rounds(server, model, drawn, store, count, many, in_flight))
    return outcome(PACKS, found, in_flight, device)


async def _rounds(
    server: Server,
    model: Model,
    drawn: Sequence[Picture],
    store: ObjectStore,
    count: int,
    many: int,
    in_flight: int,
) -> Found:
    contents = cycled(await stored(drawn, store), many)
    batches = in_batches(cycled(drawn, many), BATCH)
    ready = [pixels(model, batch) for batch in batches]
    await server.ready(contents[0])
    found: Found = {SERVICE: [], LIBRARY: [], MODEL: []}
    for turn in range(count + 1):
        spent = {
            SERVICE: await _service(server, contents, in_flight),
            LIBRARY: await _library(model, batches, many),
            MODEL: await _model(model, ready, many),
        }
        if turn:
            for side, one in spent.items():
                found[side].append(one)
    return found


async def _service(server: Server, contents: list[PreparedContent], in_flight: int) -> Spent:
    watch = Watch()
    await server.classify(contents, in_flight)
    return watch.spent(len(contents))


async def _library(model: Model, batches: Sequence[Sequence[Picture]], many: int) -> Spent:
    watch = Watch()
    for batch in batches:
        await model.engine.run({model.card.inputs[0].name: pixels(model, batch)})
    # The server idles meanwhile: what little it does then is not this side's.
    return _here(watch.spent(many))


async def _model(model: Model, ready: Sequence[npt.NDArray[np.uint8]], many: int) -> Spent:
    watch = Watch()
    for batch in ready:
        await model.engine.run({model.card.inputs[0].name: batch})
    return _here(watch.spent(many))


def _here(spent: Spent) -> Spent:
    return Spent(spent.seconds, spent.here, 0.0)


def pixels(model: Model, pictures: Sequence[Picture]) -> npt.NDArray[np.uint8]:
    """A batch as the model takes it."""
    return fit.batch([decode(picture) for picture in pictures], contract_of(model.card))


def cycled(values: Sequence[T], many: int) -> list[T]:
    """`many` of them, from the first again after the last."""
    return [values[at % len(values)] for at in range(many)]


def in_batches(values: Sequence[T], size: int) -> list[Sequence[T]]:
    """In order, `size` at a time."""
    return [values[at : at + size] for at in range(0, len(values), size)]


def outcome(packs: Sequence[Pack], found: Mapping[str, Found], in_flight: int, device: str) -> Outcome:
    """The table: rates by the clock, CPU time of all processes, and what of it is the server's."""
    rows, figures = [], {}
    for pack in packs:
        sides = found[pack.key]
        for side, spent in sides.items():
            over_model, over_library = (_rates(spent, sides[other]) for other in (MODEL, LIBRARY))
            cpu = [one.cpu_ms for one in spent]
            served = [one.there * 1000 for one in spent]
            model_cpu = ratio([one.cpu_ms for one in sides[MODEL]], served if side == SERVICE else cpu)
            rows.append(
                [
                    pack.title,
                    side,
                    f"{median([one.per_second for one in spent]):.1f}",
                    f"{over_model:.2f}",
                    f"{over_library:.2f}",
                    f"{median(cpu):.2f}",
                    f"{median(served):.2f}" if side == SERVICE else "",
                    f"{model_cpu:.2f}",
                ]
            )
            figures[f"service_{pack.key}_{side}_per_second"] = median([one.per_second for one in spent])
            figures[f"service_{pack.key}_{side}_cpu_ms"] = median(cpu)
            if side == SERVICE:
                figures[f"service_{pack.key}_over_model"] = over_model
                figures[f"service_{pack.key}_over_library"] = over_library
                figures[f"service_{pack.key}_server_cpu_ms"] = median(served)
                figures[f"service_{pack.key}_model_share_of_server_cpu"] = model_cpu
    columns = (
        *("model", "side", "images/s", "over model", "over library"),
        *("CPU ms", "of it server", "model's share of CPU"),
    )
    title = f"Image classifier over gRPC, {in_flight} in flight, models on {device}, medians"
    return Outcome(title, columns, rows, figures, words=2)


def _rates(one: Sequence[Spent], other: Sequence[Spent]) -> float:
    return ratio([each.per_second for each in one], [each.per_second for each in other])

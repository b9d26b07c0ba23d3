"""Part `engines`: the same model in this process, behind Triton's socket, and behind Triton with shared memory.

Triton is the CPU server that the integration tests start: onnxruntime in a process of its Python backend, one thread.
What is compared is the way there and back; Triton's own backends are not in that server.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.images.measure import Spent, Watch, median, ratio
from benchmarks.images.packs import PACKS, Pack
from benchmarks.images.report import Outcome
from sluice.local.triton import Server, start_server, write_repository
from sluice.models.engine import Arrays, Engine, EngineSettings
from sluice.models.held import Held, holding
from sluice.models.opened import open_model
from sluice.models.triton_settings import TritonSettings

HERE, SOCKET, SHARED = "in process", "Triton, gRPC", "Triton, shared memory"
DEADLINE_MS = 120_000


@dataclass(frozen=True, slots=True)
class Way:
    """How it is asked: `rows` in a call, `together` calls at a time."""

    title: str
    key: str
    rows: int
    together: int


WAYS = (
    Way("1", "1", 1, 1),
    Way("8", "8", 8, 1),
    Way("1, eight at a time", "1x8", 1, 8),
)

Found = dict[tuple[str, str, str], list[Spent]]
"""By model, way and engine."""


def measure(models: Path, count: int, pictures: int, device: str, say: Callable[[str], None]) -> Outcome:
    """Every way to ask every engine, `count` rounds of `pictures` for the smaller model. `device`: of the engine in
    this process."""
    names = [pack.name for pack in PACKS]
    with TemporaryDirectory(prefix="sluice-benchmark-") as scratch:
        folder = Path(scratch) / "repository"
        write_repository(models, names, folder)
        say("engines: starting Triton")
        server = start_server(models, names, folder, Path(scratch) / "triton.log", os.environ, say)
        try:
            found, apart = asyncio.run(_measure(models, server, count, pictures, device, say))
        finally:
            server.stop()
    return outcome(PACKS, found, apart, device)


async def _measure(
    models: Path, server: Server, count: int, pictures: int, device: str, say: Callable[[str], None]
) -> tuple[Found, Mapping[str, float]]:
    found: Found = {}
    apart: dict[str, float] = {}
    for pack in PACKS:
        say(f"engines: {pack.title}")
        held = Held()
        with holding(held):
            engines, question = _engines(models, pack.name, server, device)
        apart[pack.key] = await furthest(engines, {name: value[:3] for name, value in question.items()})
        many = max(8, pictures // pack.weight // 8 * 8)
        for turn in range(count + 1):
            for way in WAYS:
                for name, engine in engines.items():
                    spent = await ask(engine, question, way, many if turn else 8)
                    # In the process that asks, the server's idle turning is not the engine's.
                    one = Spent(spent.seconds, spent.here, 0.0 if name == HERE else spent.there)
                    if turn:
                        found.setdefault((pack.key, way.key, name), []).append(one)
        await held.close()
    return found, apart


def _engines(models: Path, name: str, server: Server, device: str) -> tuple[dict[str, Engine], Arrays]:
    here = open_model(models, name, EngineSettings(device=device))
    settings = {
        SOCKET: TritonSettings(server.url, DEADLINE_MS),
        SHARED: TritonSettings(server.url, DEADLINE_MS, shared_memory=True, memory_key=server.keys.memory),
    }
    there = {way: open_model(models, name, EngineSettings(triton=one)).engine for way, one in settings.items()}
    tensor = here.card.inputs[0]
    shape = (8, *(int(side) for side in tensor.shape[1:]))
    noise = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    return {HERE: here.engine, **there}, {tensor.name: noise}


async def ask(engine: Engine, question: Arrays, way: Way, many: int) -> Spent:
    """What a picture costs where `many` are asked about in this way. `question`: eight rows."""
    piece = {name: value[: way.rows] for name, value in question.items()}
    rest = iter(range(many // way.rows))

    async def work() -> None:
        # One iterator for all of them: whoever is free asks next.
        for _ in rest:
            await engine.run(piece)

    watch = Watch()
    await asyncio.gather(*(work() for _ in range(way.together)))
    return watch.spent(many)


async def furthest(engines: Mapping[str, Engine], question: Arrays) -> float:
    """The most by which any two engines' answers differ. Also connects what has to connect."""
    answers = [await engine.run(question) for engine in engines.values()]
    return max(float(np.abs(answers[0][name] - other[name]).max()) for other in answers for name in other)


def outcome(packs: Sequence[Pack], found: Found, apart: Mapping[str, float], device: str) -> Outcome:
    """The table: clock and CPU time of both sides of the wire."""
    rows, figures = [], {}
    for pack in packs:
        for way in WAYS:
            here = [one.cpu_ms for one in found[pack.key, way.key, HERE]]
            for name in (HERE, SOCKET, SHARED):
                spent = found[pack.key, way.key, name]
                cpu = [one.cpu_ms for one in spent]
                client, rate = median([one.here * 1000 for one in spent]), median([one.per_second for one in spent])
                more = ratio(cpu, here)
                wire = "" if name == HERE else f"{client:.2f}"
                title = f"{name} ({device})" if name == HERE else name
                rows.append(
                    [pack.title, way.title, title, f"{rate:.1f}", f"{median(cpu):.2f}", wire, f"{more:.2f}"],
                )
                if name != HERE:
                    key = "shared_memory" if name == SHARED else "grpc"
                    figures[f"engines_{pack.key}_batch_{way.key}_triton_{key}_cpu_over_in_process"] = more
    columns = ("model", "pictures in a call", "engine", "images/s", "CPU ms", "of it client", "CPU, in process = 1")
    largest = ", ".join(f"{pack.title} {apart[pack.key]:.1e}" for pack in packs)
    notes = (f"largest difference between the engines' answers: {largest}",)
    return Outcome("Engines, both sides of the wire, medians", columns, rows, figures, notes, words=3)

"""What a server can do to its clients, done by a real one: nothing of it is ever an answer."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from sluice.deadline import Deadline
from sluice.errors import NotReadyError, OverloadedError, RetryableError
from sluice.models.asking import asking
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.models.triton_config import Options, Queue
from sluice.models.triton_engine import TritonEngine
from sluice.models.triton_settings import TritonSettings
from tests.integration.triton.toys import Hand, rows, without_graph, write_toy


def slow(milliseconds: int, queue: Queue | None = None) -> Options:
    """A model that takes its time."""
    return Options(queue=queue or Queue(delay_us=0), parameters={"sluice.delay_ms": str(milliseconds)})


def engine_of(model: Model) -> TritonEngine:
    """The engine as what it is."""
    assert isinstance(model.engine, TritonEngine)
    return model.engine


def in_trouble(engine: TritonEngine) -> bool:
    """What it says now."""
    return engine.troubled


async def answers(engine: TritonEngine, seconds: float = 20.0) -> None:
    """Asks until there is an answer, as the host does."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                await engine.run(rows(1))
            except RetryableError:
                await asyncio.sleep(0.1)
            else:
                return


async def test_a_dead_process_stays_ready_for_triton_and_never_for_us(triton: Hand, models: Path) -> None:
    write_toy(models, "mortal")
    triton.add(models, "mortal")
    engine = engine_of(triton.open(models, "mortal"))
    assert await engine.probe() == ""
    triton.kill_process_of("mortal")
    with pytest.raises(RetryableError, match="its process has died"):
        await engine.run(rows(1))
    # The trap: the server still says that all is well.
    assert triton.client.is_model_ready("mortal")
    assert triton.client.is_server_ready()
    assert in_trouble(engine)
    with pytest.raises(RetryableError, match="not asked, it failed a moment ago"):
        await engine.run(rows(1))
    with pytest.raises(NotReadyError, match="its process has died; unload and load it"):
        await engine.probe()
    triton.unload("mortal")
    assert "does not have it" in await trouble_after_unloading(engine)
    triton.load("mortal")
    assert await engine.probe() == ""
    assert not in_trouble(engine)
    assert (await engine.run(rows(1)))["p"].shape == (1, 2)


async def trouble_after_unloading(engine: TritonEngine) -> str:
    """Unloading takes a moment; until then the canary meets the dead process."""
    async with asyncio.timeout(30):
        while True:
            with pytest.raises(NotReadyError) as caught:
                await engine.probe()
            if "has died" not in str(caught.value):
                return str(caught.value)
            await asyncio.sleep(0.1)


async def test_a_new_version_under_traffic_costs_no_answer(triton: Hand, models: Path, tmp_path: Path) -> None:
    write_toy(models, "rolled")
    triton.add(models, "rolled")
    old = engine_of(triton.open(models, "rolled"))
    wanted = (await old.run(rows(2)))["p"]
    done = asyncio.Event()
    seen = 0

    async def traffic() -> None:
        nonlocal seen
        while not done.is_set():
            assert np.array_equal((await old.run(rows(2)))["p"], wanted)
            seen += 1

    running = [asyncio.create_task(traffic()) for _ in range(3)]
    later = tmp_path / "later"
    write_toy(later, "rolled", factor=3.0, version=2)
    await asyncio.to_thread(triton.add, later, "rolled")
    before = seen
    while seen < before + 30:
        await asyncio.sleep(0.01)
    done.set()
    await asyncio.gather(*running)
    new = triton.open(later, "rolled")
    assert np.allclose((await new.engine.run(rows(2)))["p"], 3 * wanted)
    assert new.info.version == "2"


async def test_another_graph_than_the_cards_is_refused(triton: Hand, models: Path, tmp_path: Path) -> None:
    write_toy(models, "other")
    triton.add(models, "other")
    mine = tmp_path / "mine"
    write_toy(mine, "other", factor=2.0)
    engine = engine_of(triton.open(without_graph(mine, "other"), "other"))
    with pytest.raises(NotReadyError, match=r"other on Triton is not the card's: its weights have SHA-256"):
        await engine.probe()
    with pytest.raises(RetryableError, match="is not the card's"):
        await engine.run(rows(1))


async def test_a_config_that_lies_about_the_graph_does_not_load(triton: Hand, models: Path) -> None:
    write_toy(models, "liar")
    triton.add(models, "liar")
    triton.unload("liar")
    write_toy(models, "liar", factor=2.0)
    (triton.folder / "liar" / "1" / "model.onnx").write_bytes((models / "liar" / "1" / "model.onnx").read_bytes())
    with pytest.raises(InferenceServerException, match="another SHA-256 than its config says"):
        triton.load("liar")


async def test_a_server_that_answers_otherwise_is_caught_by_the_canary(triton: Hand, models: Path) -> None:
    """The digest is right and the answers are not: a backend that loads something else, or computes wrongly."""
    write_toy(models, "false")
    triton.add(models, "false")
    triton.unload("false")
    program = triton.folder / "false" / "1" / "model.py"
    text = program.read_text()
    assert "triton.Tensor(n, v[" in text
    program.write_text(text.replace("triton.Tensor(n, v[", "triton.Tensor(n, v[::-1] * 0 + v.min() + 0 * v["))
    triton.load("false")
    engine = engine_of(triton.open(models, "false"))
    with pytest.raises(NotReadyError, match="the canary's p is not the answer of the card's weights"):
        await engine.probe()
    with pytest.raises(RetryableError, match="not the answer"):
        await engine.run(rows(1))


async def test_a_server_that_fails_on_the_canary_is_not_asked_for_answers(triton: Hand, models: Path) -> None:
    write_toy(models, "broken")
    triton.add(models, "broken")
    triton.unload("broken")
    program = triton.folder / "broken" / "1" / "model.py"
    text = program.read_text()
    assert "        time.sleep(self._delay)\n" in text
    # Not while it is warmed up: such a model does not load.
    after_two = (
        "        self.seen = getattr(self, 'seen', 0) + 1\n        if self.seen > 2: raise RuntimeError('broken')\n"
    )
    program.write_text(text.replace("        time.sleep(self._delay)\n", after_two))
    triton.load("broken")
    engine = engine_of(triton.open(models, "broken"))
    with pytest.raises(NotReadyError, match=r"it failed on this batch .* at its canary"):
        await engine.probe()
    with pytest.raises(RetryableError, match="at its canary"):
        await engine.run(rows(1))


async def test_no_call_lasts_longer_than_its_deadline(triton: Hand, models: Path) -> None:
    write_toy(models, "sluggish")
    triton.add(models, "sluggish", slow(700))
    patient = engine_of(triton.open(models, "sluggish"))
    assert (await patient.run(rows(1)))["p"].shape == (1, 2)
    with asking(urgent=True, deadline=Deadline.after(0.2)), pytest.raises(RetryableError, match="no answer in time"):
        await patient.run(rows(1))
    with asking(urgent=True, deadline=Deadline.after(0)), pytest.raises(RetryableError, match="deadline has passed"):
        await patient.run(rows(1))
    hasty = engine_of(triton.open(models, "sluggish", triton.settings(deadline_ms=200)))
    with pytest.raises(NotReadyError, match="no answer in time"):
        await hasty.probe()
    assert (await patient.run(rows(1)))["p"].shape == (1, 2)


async def test_a_full_queue_refuses_at_once_and_the_server_counts_as_well(triton: Hand, models: Path) -> None:
    write_toy(models, "crowded")
    triton.add(models, "crowded", slow(200, Queue(bulk_most=2, urgent_most=2, delay_us=0)))
    engine = engine_of(triton.open(models, "crowded"))
    await engine.run(rows(1))
    outcomes = await asyncio.gather(*(engine.run(rows(8, seed)) for seed in range(24)), return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, OverloadedError)]
    served = [each for each in outcomes if isinstance(each, dict)]
    assert refused
    assert served
    assert len(refused) + len(served) == 24
    assert not engine.troubled
    assert (await engine.run(rows(1)))["p"].shape == (1, 2)


async def test_who_waits_for_an_answer_overtakes_who_does_not(triton: Hand, models: Path) -> None:
    write_toy(models, "queued")
    triton.add(models, "queued", slow(300))
    engine = engine_of(triton.open(models, "queued"))
    await engine.run(rows(1))
    order: list[str] = []

    async def ask(tag: str, urgent: bool) -> None:
        with asking(urgent):
            await engine.run(rows(8))
        order.append(tag)

    bulk = [asyncio.create_task(ask(f"bulk {number}", urgent=False)) for number in range(6)]
    await asyncio.sleep(0.15)
    urgent = [asyncio.create_task(ask(f"urgent {number}", urgent=True)) for number in range(2)]
    await asyncio.gather(*bulk, *urgent)
    assert {"urgent 0", "urgent 1"} <= set(order[:-2])


async def test_memory_is_registered_with_the_key_and_given_back(triton: Hand, models: Path) -> None:
    write_toy(models, "closed")
    triton.add(models, "closed")
    before = regions(triton)
    engine = engine_of(triton.open(models, "closed", triton.settings(shared_memory=True)))
    assert (await engine.run(rows(1)))["p"].shape == (1, 2)
    (added,) = regions(triton) - before
    # Nobody else can map it, and nothing stays behind if this process is killed.
    assert not (Path("/dev/shm") / added).exists()
    await engine.close()
    assert regions(triton) == before
    without_key = EngineSettings(triton=TritonSettings(triton.server.url, shared_memory=True))
    with pytest.raises(NotReadyError, match="memory key"):
        await engine_of(triton.open(models, "closed", without_key)).probe()
    with pytest.raises(InferenceServerException, match="restricted"):
        triton.client.unload_model("closed")


def regions(triton: Hand) -> set[str]:
    """What the server has mapped."""
    key = {"triton-grpc-protocol-memory-key": triton.server.keys.memory}
    return set(triton.client.get_system_shared_memory_status(headers=key).regions)


async def test_what_is_not_on_the_server_is_answered_here_where_that_is_wanted(triton: Hand, models: Path) -> None:
    write_toy(models, "spare")
    engine = triton.open(models, "spare", triton.settings(cpu_fallback=True)).engine
    wanted = await open_model(models, "spare", EngineSettings()).engine.run(rows(3))
    assert np.array_equal((await engine.run(rows(3)))["p"], wanted["p"])
    with pytest.raises(NotReadyError, match=r"model\.onnx is missing"):
        triton.open(without_graph(models, "spare"), "spare", triton.settings(cpu_fallback=True))

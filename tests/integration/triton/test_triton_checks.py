"""Real checks, opened with SLUICE_TRITON_URL: the same results, and a readiness that tells the truth."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from image_classifier.check import ImageClassifier
from person_classifier.check import PersonClassifier
from sluice.bus.clients import plain_producer
from sluice.bus.producer import AsyncProducer
from sluice.check import Check, Item, Status
from sluice.deadline import Deadline
from sluice.errors import NotReadyError
from sluice.host.check_service import CheckService
from sluice.host.readiness import Readiness
from sluice.host.service import Context
from sluice.models.held import Held, holding
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.integration.triton.toys import Hand
from tests.unit.model_files import MODELS, settings
from tests.unit.pictures import item, photograph

PICTURES = ("astronaut", "chelsea", "coffee", "rocket")


def environment(triton: Hand, **more: str) -> dict[str, str]:
    """How a service is told of the server."""
    url, key = triton.server.url, triton.server.keys.memory
    return {"SLUICE_TRITON_URL": url, "SLUICE_TRITON_MEMORY_KEY": key, "SLUICE_TRITON_DEADLINE_MS": "30000", **more}


@pytest.mark.parametrize("shared_memory", ["0", "1"])
@pytest.mark.parametrize("kind", [ImageClassifier, PersonClassifier])
async def test_a_check_says_the_same_with_either_engine(triton: Hand, kind: type[Check], shared_memory: str) -> None:
    here = await kind.open(*settings())
    there = await kind.open(*settings(MODELS, **environment(triton, SLUICE_TRITON_SHARED_MEMORY=shared_memory)))
    items: list[Item] = [item(photograph(name)) for name in PICTURES]
    wanted, found = await here.run(items), await there.run(items)
    assert there.models() == here.models()
    for mine, its in zip(wanted, found, strict=True):
        assert its.status is Status.OK
        assert (its.person, its.abstained) == (mine.person, mine.abstained)
        assert its.scores == pytest.approx(mine.scores, abs=1e-4)
        assert its.signals == pytest.approx(mine.signals, abs=1e-3)


async def test_a_service_says_that_a_model_has_died_and_that_it_is_back(triton: Hand, tmp_path: Path) -> None:
    """nsfw_mobilenet dies behind a running image classifier. Meanwhile no picture gets an answer, none is allowed."""
    async with running(ImageClassifier, environment(triton), tmp_path) as (service, readiness):
        assert readiness.reasons == ()
        triton.kill_process_of("nsfw_mobilenet")
        assert service._batcher is not None
        result = await service._batcher.submit(item(photograph("coffee")), Deadline.after(3))
        assert (result.status, dict(result.scores)) == (Status.TIMEOUT, {})
        await until(lambda: any("its process has died" in reason for reason in readiness.reasons))
        triton.unload("nsfw_mobilenet")
        await until(lambda: any("does not have it" in reason for reason in readiness.reasons))
        await asyncio.to_thread(triton.load, "nsfw_mobilenet")
        await until(lambda: readiness.reasons == ())
        result = await service._batcher.submit(item(photograph("coffee")), Deadline.after(30))
        assert result.status is Status.OK


async def test_every_model_of_a_check_is_asked_also_those_that_its_canary_does_not_reach(triton: Hand) -> None:
    held = Held()
    with holding(held):
        await PersonClassifier.open(*settings(MODELS, **environment(triton)))
    assert await held.probe() == ()
    triton.kill_process_of("face_age")
    try:
        with pytest.raises(NotReadyError, match="model face_age on Triton: its process has died"):
            await held.probe()
        assert held.troubled
    finally:
        triton.unload("face_age")
        await until(lambda: not triton.client.is_model_ready("face_age"))
        await asyncio.to_thread(triton.load, "face_age")
    assert await held.probe() == ()
    await held.close()


async def test_with_a_fallback_a_service_stays_ready_and_answers(triton: Hand, tmp_path: Path) -> None:
    nobody = environment(triton, SLUICE_TRITON_URL="127.0.0.1:9", SLUICE_TRITON_CPU_FALLBACK="1")
    async with running(ImageClassifier, nobody, tmp_path) as (service, readiness):
        assert readiness.reasons == ()
        assert service._batcher is not None
        result = await service._batcher.submit(item(photograph("coffee")), Deadline.after(30))
        assert result.status is Status.OK
        assert service._notes
    with pytest.raises(NotReadyError, match=r"no connection .*Triton is 127\.0\.0\.1:9"):
        async with running(ImageClassifier, {**nobody, "SLUICE_TRITON_CPU_FALLBACK": "0"}, tmp_path):
            pass


class running:  # noqa: N801 - used like contextlib's
    """A check's service without Kafka: open, and asked its canary as the host does while it runs."""

    def __init__(self, kind: type[Check], env: dict[str, str], folder: Path) -> None:
        self._service = CheckService(kind)
        self._env = env
        self._store = ObjectStore.open(f"file://{folder}")

    async def __aenter__(self) -> tuple[CheckService, Readiness]:
        found, reader = settings(MODELS, **self._env)
        log = Log(self._service.name)
        readiness = Readiness(self._service.rpc, log)
        self._producer = AsyncProducer(plain_producer(found.kafka, {"log_level": 0}))
        self._service.configure(reader, self._env)
        self._asking: asyncio.Task[None] | None = None
        try:
            await self._service.open(Context(found, log, readiness, self._producer, self._store, Metrics("test")))
        except NotReadyError:
            await self.__aexit__()
            raise
        self._asking = asyncio.create_task(self._service._keep_asking())
        return self._service, readiness

    async def __aexit__(self, *_: object) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._service.close()
        await self._producer.close(1)


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits for what will be so."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.1)

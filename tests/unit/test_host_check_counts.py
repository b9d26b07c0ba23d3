"""A check in numbers: answers by lane and status, waits, batches, inferences."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluice.bus.topics import Topic
from sluice.check import Status
from sluice.deadline import Deadline
from sluice.host.batching import Batcher
from sluice.host.check_counts import CheckCounts, ModelSeconds
from sluice.host.check_records import CheckRecords
from sluice.host.check_rpc import CheckRpc
from sluice.host.refusal import RefusalError
from sluice.objects import ObjectStore
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics
from tests.unit.checks import ObedientCheck, item
from tests.unit.metric_values import begun, values
from tests.unit.test_host_check_records import record, word

BULK, FAST = ("obedient", "bulk"), ("obedient", "interactive")


class Stand:
    """A check behind its queue, counted."""

    def __init__(self) -> None:
        self.metrics = Metrics("test")
        self.check = ObedientCheck()
        self.log = Log("test", stream=io.StringIO())
        self.counts = CheckCounts(self.metrics, self.check.name)
        self.batcher = Batcher(self.check, 8, self.log, None, self.counts)
        self.batcher.start()

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        return values(self.metrics, f"sluice_{name}")


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    found = Stand()
    yield found
    found.check.gate.set()
    await found.batcher.close()


def test_all_of_it_begins_at_nought() -> None:
    metrics = Metrics("test")
    CheckCounts(metrics, "obedient")
    assert begun(metrics, "sluice_check_results_total") == 2 * len(Status)
    assert values(metrics, "sluice_check_results_total") == {}
    assert begun(metrics, "sluice_check_seconds_count") == begun(metrics, "sluice_check_wait_seconds_count") == 2


async def test_what_is_asked_together_is_one_batch(stand: Stand) -> None:
    await asyncio.gather(*(stand.batcher.submit(item("fine"), Deadline.after(5), bulk=at > 0) for at in range(3)))
    assert stand.of("batch_items_count") == {("obedient",): 1}
    assert stand.of("batch_items_sum") == {("obedient",): 3}
    assert stand.of("check_seconds_count") == stand.of("check_wait_seconds_count") == {FAST: 1, BULK: 2}
    assert stand.of("check_queue") == {}


async def test_what_waits_is_seen_and_what_gave_up_was_in_no_batch(stand: Stand) -> None:
    held = asyncio.create_task(stand.batcher.submit(item("held"), Deadline.after(60)))
    while not stand.check.batches:
        await asyncio.sleep(0.001)
    late = asyncio.create_task(stand.batcher.submit(item("fine"), Deadline.after(1), bulk=True))
    await asyncio.sleep(0)
    assert stand.of("check_queue") == {BULK: 1}
    assert (await late).status is Status.TIMEOUT
    stand.check.gate.set()
    await held
    assert stand.of("check_seconds_count") == {FAST: 1, BULK: 1}
    assert stand.of("check_seconds_sum")[BULK] >= 0.9
    assert stand.of("check_wait_seconds_count") == {FAST: 1}
    assert stand.of("batch_items_count") == {("obedient",): 1}


async def test_answers_are_counted_at_the_kafka_door_by_lane_and_status(stand: Stand, tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    records = CheckRecords(stand.check, stand.batcher, store, None, stand.counts)
    await records.handle(record("fine", "bug"))
    await records.handle(record("fine", topic=Topic.CONTENTS_BULK))
    assert stand.of("check_results_total") == {(*FAST, "OK"): 1, (*FAST, "ERROR"): 1, (*BULK, "OK"): 1}


async def test_answers_are_counted_at_the_grpc_door_refused_ones_too(stand: Stand, tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    rpc = CheckRpc(stand.check, stand.batcher, store, 4, stand.log, None, stand.counts)
    await rpc.answer(word("c0", "fine"), Deadline.after(5))
    with pytest.raises(RefusalError):
        await rpc.answer(word("c0", "bug"), Deadline.after(5))
    await rpc.answer_in_stream(word("c0", "bug"), Deadline.after(5))
    assert stand.of("check_results_total") == {(*FAST, "OK"): 1, (*FAST, "ERROR"): 2}


def test_inferences_are_counted_by_model() -> None:
    metrics = Metrics("test")
    seconds = ModelSeconds(metrics)
    for model, took in (("one", 0.5), ("other", 2.0), ("one", 0.25)):
        seconds.took(model, took)
    assert values(metrics, "sluice_model_seconds_sum") == {("one",): 0.75, ("other",): 2.0}
    assert values(metrics, "sluice_model_seconds_count") == {("one",): 2, ("other",): 1}

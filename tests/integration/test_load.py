"""`sluice load` on the real stack; and on a real broker with a service that stands still for a second."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.scan import end_of
from sluice.errors import RetryableError
from sluice.ids import new_request_id
from sluice.load.arrivals import Arrivals
from sluice.load.clock import Stopping
from sluice.load.cpu import NoCpu
from sluice.load.held import NoPictures
from sluice.load.mix import Mix
from sluice.load.ran import Ran
from sluice.load.requests import Requests
from sluice.load.road import Road
from sluice.load.run import run
from sluice.load.schedule import make_schedule
from sluice.load.summary import Terms, summarise
from sluice.load.tally import Tally
from sluice.local.state import Running
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import ACTION_ALLOW, Decision
from sluice.v1.request_pb2 import LANE_INTERACTIVE, Request

SECONDS = 280
RATE = 50.0
LIMIT = 8.0
PARTITIONS = 4
STALL_SECONDS = 1.0
ROAD = Road("load.requests", "load.decisions", "load.signed", "load.dead-letters")


def test_every_request_is_accounted_for(stack: Running, tmp_path: Path) -> None:
    home = Path(stack.object_store.removeprefix("file://")).parent
    words = ("--rate", "1", "--rate", "2", "--seconds", "6", "--warm-up", "1", "--idle", "1", "--read-back", "--json")
    # How fast this machine is now is not what is tested: a late sender, a late answer and one that is incomplete for
    # its check was too slow are all accounted for, too.
    late = ("--late-limit-ms", "60000", "--grace", "60")
    more = ("--mix", "prompt=10,edit=1,output=1", "--seed", "11", "--arrivals", "constant", *late)
    answer = subprocess.run(
        [sys.executable, "-m", "sluice.cli.main", "load", *words, *more],
        env={**os.environ, "SLUICE_HOME": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout.splitlines()[-1])
    first, second = found["runs"]
    assert [(each["warm_up_sent"], each["sent"]) for each in (first, second)] == [(1, 6), (2, 12)]
    for each in (first, second):
        assert each["valid"], each["problems"]
        assert sum(each["decided"].values()) == each["sent"] == each["latency_ms"]["count"]
        assert (each["unanswered"], each["not_taken"], each["unsigned"]) == (0, 0, 0)
        assert (each["decided_twice"], each["dead_letters"]) == (0, 0)
        assert each["decided"]["ALLOW"] == each["sent"] - each["incomplete"]
        assert sum(kind["count"] for kind in each["kinds_ms"].values()) == each["sent"]
        assert each["cpu"]["services"].keys() == {*stack.services, "kafka"}
        assert each["cpu"]["decided"] >= each["sent"]
        everything = each["sent"] + each["warm_up_sent"]
        for topic in ("moderation.contents", "moderation.decisions"):
            assert each["written"][topic]["records"] == everything
        signed = each["written"]["assets.signed"]["records"]
        assert signed == each["written"]["assets.approved"]["records"] >= each["signed_ms"]["count"]
    assert {name: kind["count"] for name, kind in first["kinds_ms"].items()} == {"prompt": 5, "output": 1}
    assert {name: kind["count"] for name, kind in second["kinds_ms"].items()} == {
        "prompt": 10,
        "edit": 1,
        "output": 1,
    }
    assert second["stages_ms"]["ingest"]["all"]["count"] == second["sent"]
    # The table is for people, beside it.
    assert answer.stderr.count("unanswered") == 1


def test_a_mistake_is_told_before_anything_is_sent(stack: Running, tmp_path: Path) -> None:
    home = Path(stack.object_store.removeprefix("file://")).parent
    answer = subprocess.run(
        [sys.executable, "-m", "sluice.cli.main", "load", "--rate", "1000000", "--seconds", "60"],
        env={**os.environ, "SLUICE_HOME": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "1,000,000 requests" in answer.stderr


@pytest.fixture(scope="module")
def road(kafka: KafkaSettings) -> Road:
    """Topics of this test's own."""
    admin = AdminClient(dict(kafka.properties))
    names = (ROAD.requests, ROAD.decisions, ROAD.signed, ROAD.dead_letters)
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
        made.result(30)
    until = time.monotonic() + SECONDS
    for name, number in itertools.product(names, range(PARTITIONS)):
        while not led(kafka, name, number):
            assert time.monotonic() < until
            time.sleep(0.1)
    return ROAD


def led(kafka: KafkaSettings, topic: str, partition: int) -> bool:
    """Whether somebody leads the partition: a topic that was just made may have nobody yet."""
    try:
        return end_of(kafka, topic, partition) == 0
    except RetryableError:
        return False


class FakeService:
    """Decides at once, but for one stretch in which it stands still. `pause_after`: requests before that.

    `silent`: places, in the order of arrival, that get no answer; `twice`: those that get two.
    """

    def __init__(self, kafka: KafkaSettings, road: Road, pause_after: int, silent: int = -1, twice: int = -1) -> None:
        self._road = road
        self._pause_after = pause_after
        self._silent = silent
        self._twice = twice
        self._producer = plain_producer(kafka)
        self._reader = log_reader(kafka)
        places = [TopicPartition(road.requests, number) for number in range(PARTITIONS)]
        for place in places:
            place.offset = end_of(kafka, road.requests, place.partition)
        self._reader.assign(places)
        self._stop = threading.Event()
        self.stalls = threading.Event()
        """Set as soon as it stands still."""
        self._thread = threading.Thread(target=self._run, daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside, it answers."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()
            self._reader.close()

    def _run(self) -> None:
        seen = 0
        while not self._stop.is_set():
            message = self._reader.poll(0.05)
            if message is None or message.error() is not None:
                continue
            if seen == self._pause_after:
                self.stalls.set()
                time.sleep(STALL_SECONDS)
            for _ in range(0 if seen == self._silent else 2 if seen == self._twice else 1):
                self._decide(Request.FromString(message.value() or b""))
            seen += 1

    def _decide(self, request: Request) -> None:
        decision = Decision(request_id=request.id, action=ACTION_ALLOW, complete=True)
        self._producer.produce(self._road.decisions, decision.SerializeToString(), key=request.id.encode())
        self._producer.flush(10)


def load(kafka: KafkaSettings, road: Road, seconds: float, stopping: Stopping | None = None) -> Ran:
    """A run of prompts, one every 20 ms."""
    schedule = make_schedule(Arrivals.CONSTANT, RATE, 0.0, seconds, Mix.parse("prompt"), seed=3)
    ids = [new_request_id() for _ in schedule.due]
    tally = Tally(schedule, ids, LIMIT)
    make = Requests(schedule, ids, NoPictures(), LANE_INTERACTIVE, 1000)
    return run(kafka, road, tally, make, NoCpu(), stopping or Stopping(), lambda _: None)


def test_a_stall_is_in_the_percentiles(kafka: KafkaSettings, road: Road) -> None:
    service = FakeService(kafka, road, pause_after=75)
    with service.running():
        ran = load(kafka, road, seconds=3.0)
    seconds = ran.tally.decision_seconds()
    assert len(seconds) == 150
    assert ran.tally.under_way == 0
    # In a second of standing still, 50 requests are due. Those due in its first half wait for half a second or more,
    # however fast or slow this machine is now; a closed loop of one caller would have seen one slow answer.
    assert (seconds > 0.5).sum() >= 24
    told = summarise(ran, Terms(LIMIT, 0.0, {})).latency
    assert told.p99 >= 0.95
    assert told.p95 >= 0.8


def test_silence_and_a_second_decision_are_told(kafka: KafkaSettings, road: Road) -> None:
    service = FakeService(kafka, road, pause_after=-1, silent=5, twice=8)
    with service.running():
        summary = summarise(load(kafka, road, seconds=1.0), Terms(LIMIT, 0.0, {}))
    assert (summary.sent, summary.unanswered, summary.doubled) == (50, 1, 1)
    assert summary.decided == {"ALLOW": 49, "REVIEW": 0, "BLOCK": 0}
    assert summary.latency.max == float("inf")
    assert summary.problems == ("1 requests were decided twice",)


def test_an_interrupt_ends_the_sending_and_not_the_waiting(kafka: KafkaSettings, road: Road) -> None:
    stopping = Stopping()
    service = FakeService(kafka, road, pause_after=20)
    with service.running():

        def interrupt() -> None:
            """While some are under way, however long it takes until the first is sent."""
            service.stalls.wait(SECONDS)
            stopping.ask()

        asking = threading.Thread(target=interrupt)
        asking.start()
        ran = load(kafka, road, seconds=30.0, stopping=stopping)
        asking.join()
    summary = summarise(ran, Terms(LIMIT, 0.0, {}))
    assert ran.interrupted
    assert 0 < summary.sent < 1500
    assert (summary.unanswered, summary.problems) == (0, ())
    assert sum(summary.decided.values()) == summary.sent


def test_topics_that_nobody_made_are_told(kafka: KafkaSettings, road: Road) -> None:
    # Of a road whose topics nobody made.
    with pytest.raises(RetryableError, match="sluice topics create"):
        load(kafka, replace(road, decisions="load.nowhere"), seconds=1.0)

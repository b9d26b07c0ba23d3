"""A transactional worker on a real broker that dies and freezes at the worst lines: each result is there once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from sluice.bus.clients import SESSION_TIMEOUT_MS, plain_producer
from sluice.bus.create_topics import create
from sluice.bus.topics import MIB, Topic
from sluice.settings import KafkaSettings
from sluice.v1.dead_letter_pb2 import DeadLetter
from tests.integration.quick_start import quick_broker
from tests.integration.topics import read_until
from tests.integration.toy_worker import IN, IN_BULK, OUT

PARTITIONS = 4
RECORDS = 4000
POISON = 20
HUGE = 2
TOY = Path(__file__).with_name("toy_worker.py")
# Early, so that all of them come while there is work: on a slow machine one transaction holds hundreds of records.
DEATHS = (
    "before:send_offsets_to_transaction:3:SIGKILL",
    "before:commit_transaction:3:SIGKILL",
    "after:commit_transaction:3:SIGKILL",
)
FREEZE = "before:commit_transaction:3:SIGSTOP"


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    broker = quick_broker(tmp_path_factory.mktemp("kafka"))
    create(broker.kafka, PARTITIONS, 1)
    yield broker.kafka
    broker.stop()


class Workers:
    """Two instances of the toy."""

    def __init__(self, kafka: KafkaSettings, home: Path) -> None:
        self._env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "SLUICE_HOME": str(home)}
        self._log = home / "toy.log"
        self.processes = [self.start(0, DEATHS[0]), self.start(1)]

    def start(self, number: int, death: str = "") -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            argv = [sys.executable, str(TOY), str(number), death]
            return subprocess.Popen(argv, env=self._env, stdout=log, stderr=log)

    def wait_for_death(self, then: str) -> None:
        """Until the first instance has killed itself; its successor is to die, or freeze, as `then` says."""
        assert self.processes[0].wait(timeout=90) == -signal.SIGKILL
        self.processes[0] = self.start(0, then)

    def wait_for_freeze(self, seconds: float) -> None:
        """Until the first instance has frozen, and so long beyond; then it goes on as if nothing had been."""
        frozen = self.processes[0].pid
        os.waitid(os.P_PID, frozen, os.WSTOPPED)
        time.sleep(seconds)
        os.kill(frozen, signal.SIGCONT)

    def revive(self) -> None:
        """What found that it had been fenced off has ended; it is started again, as a supervisor would."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                self.processes[number] = self.start(number)

    def stop(self) -> list[int]:
        """Exit statuses after SIGTERM."""
        for process in self.processes:
            process.terminate()
        return [process.wait(timeout=90) for process in self.processes]


def produce(producer: Producer, dice: random.Random) -> tuple[set[bytes], set[bytes]]:
    """Keys of records that can be worked, and of those that are dead letters."""
    good: set[bytes] = set()
    bad: set[bytes] = set()
    odd = dice.sample(range(RECORDS), POISON + HUGE)
    for number in range(RECORDS):
        key = f"{number}".encode()
        if number in odd:
            bad.add(key)
            value = b"poison" if number in odd[:POISON] else f"huge {3 * MIB}".encode()
        else:
            good.add(key)
            value = f"{dice.choice((0, 1, 5, 30, 300))}".encode()
        producer.produce(IN_BULK if number % 2 else IN, value, key=key, partition=dice.randrange(PARTITIONS))
    assert producer.flush(30) == 0
    return good, bad


def test_dying_and_freezing_while_it_works_every_record_has_its_result_once(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    good, bad = produce(plain_producer(kafka), random.Random(4))
    workers = Workers(kafka, tmp_path)
    try:
        for then in (*DEATHS[1:], FREEZE):
            workers.wait_for_death(then)
        workers.wait_for_freeze(SESSION_TIMEOUT_MS / 1000 + 1)
        until = time.monotonic() + 60
        count = 0
        while count < len(good) and time.monotonic() < until:
            workers.revive()
            count = len(read_until(kafka, OUT, lambda found: len(found) > RECORDS, 0.5))
        read_until(kafka, Topic.DEAD_LETTERS, lambda found: len(found) >= len(bad), 30)
    finally:
        codes = workers.stop()
    out = read_until(kafka, OUT, lambda found: len(found) > RECORDS, 2)
    letters = read_until(kafka, Topic.DEAD_LETTERS, lambda found: len(found) > len(bad), 2)
    assert Counter(record.key for record in out) == Counter(good)
    assert Counter(record.key for record in letters) == Counter(bad)
    details = Counter(DeadLetter.FromString(record.value).detail for record in letters)
    assert details == {"not ours": POISON, "the broker refused the record: MSG_SIZE_TOO_LARGE": HUGE}
    assert codes == [0, 0]

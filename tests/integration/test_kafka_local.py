"""The broker as a child: its life, its death, and its data."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from sluice.errors import NotReadyError
from sluice.local.kafka import QUICK_START, Broker
from sluice.local.locks import is_held
from tests.integration.quick_start import quick_broker


def make_topic(broker: Broker, name: str) -> None:
    admin = AdminClient({**broker.kafka.properties, "log_level": 0})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result()


def write(broker: Broker, topic: str, value: bytes) -> None:
    producer = Producer({**broker.kafka.properties, "transactional.id": "test", "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, value)
    producer.commit_transaction(30)


def read(broker: Broker, topic: str) -> bytes | None:
    consumer = Consumer(
        {**broker.kafka.properties, "group.id": "test", "isolation.level": "read_committed", "log_level": 0}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    assert message.error() is None
    value = message.value()
    assert value is None or isinstance(value, bytes)
    return value


def test_data_outlives_stop_and_start_and_ports_may_change(tmp_path: Path) -> None:
    data = tmp_path / "kafka"
    first = quick_broker(data)
    make_topic(first, "kept")
    write(first, "kept", b"a record")
    first.process.terminate()
    # As long as it takes: `stop` would kill one that a busy machine keeps from ending.
    assert first.process.wait(60)
    first.stop()
    assert str(first.died()).startswith("exited with status 143")
    assert not is_held(data / ".sluice.lock")
    cluster = (data / "log" / "meta.properties").read_text()

    second = quick_broker(data)
    assert read(second, "kept") == b"a record"
    assert (data / "log" / "meta.properties").read_text() == cluster
    second.stop()


def test_a_second_broker_on_the_same_data_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "kafka"
    broker = quick_broker(data)
    with pytest.raises(NotReadyError, match="another broker runs on"):
        quick_broker(data)
    assert broker.died() is None
    broker.stop()


def test_a_broker_that_dies_is_noticed(tmp_path: Path) -> None:
    data = tmp_path / "kafka"
    broker = quick_broker(data)
    os.kill(broker.process.pid, signal.SIGKILL)
    assert broker.process.wait(20)
    assert str(broker.died()).startswith("was ended by SIGKILL")
    broker.stop()


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    data = tmp_path / "kafka"
    (data / "log").mkdir(parents=True)
    (data / "log" / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n")
    with pytest.raises(NotReadyError, match=r"Kafka did not start \(exited with status 1.*its log is"):
        quick_broker(data)
    assert not is_held(data / ".sluice.lock")


def test_no_broker_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "kafka"
    parent = f"""
import os, pathlib, time
from sluice.local.kafka import start_broker
data = pathlib.Path({str(data)!r})
broker = start_broker(data, data.with_suffix(".log"), os.environ, print, {QUICK_START!r})
print("pid", broker.process.pid, flush=True)
time.sleep(120)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(next(line for line in process.stdout if line.startswith("pid")).split()[1])
        assert is_held(data / ".sluice.lock")
        process.kill()
    give_up = time.monotonic() + 60
    while is_held(data / ".sluice.lock") and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not is_held(data / ".sluice.lock")
    assert not Path(f"/proc/{pid}/exe").exists()
    # And the data is as good as before.
    broker = quick_broker(data)
    broker.stop()

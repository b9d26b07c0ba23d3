"""How much CPU time a process takes per record that it writes, and how late the records are."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.orchestrator.topics import PARTITIONS
from sluice.bus.clients import log_reader
from sluice.bus.problems import is_end_of_partition
from sluice.bus.topics import Topic
from sluice.local.process import Process
from sluice.settings import KafkaSettings

_SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Drained:
    """A backlog worked off. `bytes`: of the values written, a mean."""

    count: int
    per_cpu_second: float
    per_second: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the append of a request's last verdict: to the append of its output, and until a reader of
    committed records has it."""

    rate: float
    appended_p50: float
    appended_p99: float
    read_p50: float
    read_p99: float


def cpu_seconds(pid: int) -> float:
    """User and system CPU time of a process, all its threads, ended ones too; Linux (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def drain(kafka: KafkaSettings, process: Process, topic: str, count: int) -> Drained:
    """Follows a process through its backlog, from its first output to the last."""
    reader = _reader(kafka, topic, read_committed=False)
    keys: set[bytes] = set()
    size = records = 0
    begun: tuple[int, float, float] | None = None
    heard = time.monotonic()
    try:
        while len(keys) < count:
            found = _records(reader, 0.02)
            now, cpu = time.monotonic(), cpu_seconds(process.pid)
            keys.update(map(_key, found))
            size += sum(len(message.value() or b"") for message in found)
            records += len(found)
            if found:
                begun = begun or (records, now, cpu)
                heard = now
            elif now - heard > _SILENCE_SECONDS or process.exit_code() is not None:
                raise SystemExit(f"{process.name} stopped at {records} of {count}: {process.how_it_ended()}")
    finally:
        reader.close()
    if records != count or begun is None:
        raise SystemExit(f"{process.name} wrote {records} records for {count} requests")
    first, wall, spent = begun
    done = records - first
    return Drained(count, done / (cpu - spent), done / (now - wall), size / records)


def latency(kafka: KafkaSettings, topic: str, rate: float, count: int, settle: float) -> Latency:
    """Reads the outputs of a stream of `count` requests as they come; the first `settle` (a share) do not count."""
    reader = _reader(kafka, topic, read_committed=True)
    outputs: dict[bytes, tuple[int, float]] = {}
    heard = time.monotonic()
    try:
        while len(outputs) < count:
            for message in _records(reader, 0.005):
                outputs.setdefault(_key(message), (message.timestamp()[1], time.time() * 1000))
                heard = time.monotonic()
            if time.monotonic() - heard > _SILENCE_SECONDS:
                raise SystemExit(f"{len(outputs)} of {count} outputs came")
    finally:
        reader.close()
    verdicts = _last_appended(kafka, Topic.VERDICTS, set(outputs))
    order = sorted(outputs, key=verdicts.__getitem__)[int(count * settle) :]
    appended = sorted(outputs[key][0] - verdicts[key] for key in order)
    read = sorted(outputs[key][1] - verdicts[key] for key in order)
    return Latency(rate, _at(appended, 0.5), _at(appended, 0.99), _at(read, 0.5), _at(read, 0.99))


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def _last_appended(kafka: KafkaSettings, topic: str, keys: set[bytes]) -> dict[bytes, int]:
    """When the last record of each key was appended, milliseconds since the epoch."""
    reader = _reader(kafka, topic, read_committed=True)
    found: dict[bytes, int] = {}
    ended: set[int] = set()
    while len(ended) < PARTITIONS:
        for message in reader.consume(2000, 0.1):
            error = message.error()
            if error is None and _key(message) in keys:
                found[_key(message)] = message.timestamp()[1]
            elif error is not None and is_end_of_partition(error):
                ended.add(message.partition() or 0)
    reader.close()
    return found


def _reader(kafka: KafkaSettings, topic: str, read_committed: bool) -> Consumer:
    reader = log_reader(kafka, read_committed=read_committed)
    reader.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    return reader


def _records(reader: Consumer, seconds: float) -> list[Message]:
    """What there is, waiting a moment for the first."""
    first = reader.poll(seconds)
    found = [] if first is None else [first, *reader.consume(5000, 0)]
    return [message for message in found if message.error() is None]


def _key(message: Message) -> bytes:
    return message.key() or b""

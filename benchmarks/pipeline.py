"""python -m benchmarks.pipeline: what does the pipeline cost beyond the bare model calls?

Both sides in one run on the same inputs: the same prompts and pictures go (a) as requests through a whole stack,
Kafka included, and (b) straight into the same checks in this process. What is compared is CPU time, which a busy
machine disturbs less than the clock; requests per second are printed beside it.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from confluent_kafka import TopicPartition
from rich.console import Console
from rich.table import Table

from benchmarks.bare import BareChecks
from benchmarks.cpu import by_name, tree_seconds
from benchmarks.inputs import output_requests, prompt_requests
from sluice.bus.clients import log_reader, plain_producer
from sluice.bus.topics import Topic
from sluice.cli.tell import say
from sluice.local.entry_points import service_commands
from sluice.local.state import Running
from sluice.local.temporary import temporary
from sluice.settings import KafkaSettings
from sluice.v1.request_pb2 import Request


def drive(running: Running, requests: Sequence[Request]) -> float:
    """Publishes all requests at once; seconds until the last decision was read."""
    kafka = KafkaSettings({"bootstrap.servers": running.kafka})
    reader = log_reader(kafka)
    partitions = reader.list_topics(Topic.DECISIONS, timeout=10.0).topics[Topic.DECISIONS].partitions
    ends = [reader.get_watermark_offsets(TopicPartition(Topic.DECISIONS, p), 10.0)[1] for p in partitions]
    reader.assign([TopicPartition(Topic.DECISIONS, p, end) for p, end in zip(partitions, ends, strict=True)])
    waiting = {request.id.encode() for request in requests}
    producer = plain_producer(kafka)
    begun = time.perf_counter()
    for request in requests:
        producer.produce(Topic.REQUESTS, request.SerializeToString(), key=request.id.encode())
    producer.flush()
    while waiting:
        message = reader.poll(60.0)
        if message is None:
            raise SystemExit(f"{len(waiting)} requests were not decided within 60 s")
        if message.error() is None:
            waiting.discard(message.key() or b"")
    seconds = time.perf_counter() - begun
    reader.close()
    return seconds


def main() -> None:
    """Runs both sides and prints the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=600, help="PROMPT requests a round")
    parser.add_argument("--pictures", type=int, default=40, help="OUTPUT requests a round")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    kinds = {"prompt": prompt_requests(wanted.prompts), "picture": output_requests(wanted.pictures)}
    rows: dict[str, dict[str, list[float]]] = {kind: {"rate": [], "pipeline": [], "bare": []} for kind in kinds}
    shares: dict[str, float] = {}
    checks = asyncio.run(BareChecks.open())
    with (
        TemporaryDirectory() as home,
        temporary(Path(home), os.environ, service_commands(()), say) as running,
    ):
        for turn in range(wanted.rounds + 1):
            for kind, make in kinds.items():
                requests = make()
                before, parts = tree_seconds(os.getpid()), by_name(os.getpid())
                seconds = drive(running, requests)
                # What trails behind the last decision (signing, commits) belongs to the pipeline too.
                time.sleep(2.0)
                cpu = tree_seconds(os.getpid()) - before
                bare = asyncio.run(checks.seconds(requests))
                if turn == 0:
                    continue  # Warm-up: connections, first batches, the broker's compiler.
                for name, total in by_name(os.getpid()).items():
                    shares[name] = shares.get(name, 0.0) + total - parts.get(name, 0.0)
                rows[kind]["rate"].append(len(requests) / seconds)
                rows[kind]["pipeline"].append(cpu / len(requests) * 1000)
                rows[kind]["bare"].append(bare / len(requests) * 1000)
    report(rows, shares)


def report(rows: dict[str, dict[str, list[float]]], shares: dict[str, float]) -> None:
    """The table, then one JSON line with the ratios."""
    console = Console(width=120)
    table = Table(title="End to end, medians")
    for name in ("request", "requests/s", "CPU ms, pipeline", "CPU ms, bare checks", "ratio"):
        table.add_column(name, justify="right")
    result: dict[str, float] = {}
    for kind, values in rows.items():
        rate, pipeline, bare = (statistics.median(values[name]) for name in ("rate", "pipeline", "bare"))
        ratio = statistics.median(p / b for p, b in zip(values["pipeline"], values["bare"], strict=True))
        table.add_row(kind, f"{rate:.1f}", f"{pipeline:.2f}", f"{bare:.2f}", f"{ratio:.2f}")
        result |= {
            f"{kind}_requests_per_second": round(rate, 1),
            f"{kind}_cpu_ms_pipeline": round(pipeline, 3),
            f"{kind}_cpu_ms_bare": round(bare, 3),
            f"{kind}_cpu_ratio": round(ratio, 3),
        }
    console.print(table)
    total = sum(shares.values()) or 1.0
    named = sorted(shares.items(), key=lambda pair: -pair[1])
    console.print("CPU by process: " + ", ".join(f"{name} {value / total:.0%}" for name, value in named))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()

"""python -m benchmarks.tails: what does it cost a replica to read every decision of the cluster?

Ingest, the signer and the orchestrator each hold the newest decisions in memory, so every replica of them reads the
whole topic. Here the decisions of a running stack are read as each of them does, in this process, and its CPU time is
divided by their number. The tails begin at the same end, so only as many decisions count as lie on the log.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable

from c2pa_signer.worker import keep_allowed
from ingest.worker import read_answer
from sluice.bus.log_book import LogBook
from sluice.bus.tail import SMALL_VALUES, LogTail
from sluice.bus.topics import Topic
from sluice.cli.tell import say
from sluice.cli.where import find_kafka
from sluice.deadline import Deadline
from sluice.settings import KafkaSettings
from sluice.telemetry.logging import Log

_SECONDS = 120.0
_REMEMBER = 1_000_000

Reader = LogBook | LogTail[object]


def readers(kafka: KafkaSettings) -> dict[str, Callable[[], Reader]]:
    """As the services make them."""
    log = Log("benchmark", "error")
    return {
        "ingest": lambda: LogTail[object](kafka, Topic.DECISIONS, read_answer, log, SMALL_VALUES),
        "c2pa-signer": lambda: LogTail[object](kafka, Topic.DECISIONS, keep_allowed, log, SMALL_VALUES),
        "orchestrator": lambda: LogBook(kafka, Topic.DECISIONS, log, _REMEMBER),
    }


async def read(make: Callable[[], Reader]) -> float:
    """CPU seconds until all that is on the log has been read."""
    begun = time.process_time()
    tail = make()
    await tail.start()
    await tail.caught_up(Deadline.after(_SECONDS))
    used = time.process_time() - begun
    await tail.close()
    return used


def main() -> None:
    """Prints a line for each, then one of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    kafka = find_kafka(os.environ, say)
    found: dict[str, float] = {}
    count = asyncio.run(_count(kafka))
    if not count:
        raise SystemExit("no decisions are on the log: run `sluice load --mix prompt --rate 50` first")
    for name, make in readers(kafka).items():
        used = statistics.median(asyncio.run(read(make)) for _ in range(rounds))
        found[name] = used / count
        sys.stdout.write(f"{name}: {used / count * 1e6:.1f} CPU us a decision, {count:,} decisions\n")
    sys.stdout.write(json.dumps({"decisions": count} | {f"{n}_cpu_s": round(s, 8) for n, s in found.items()}) + "\n")


async def _count(kafka: KafkaSettings) -> int:
    seen = 0

    def note(_record: object) -> None:
        nonlocal seen
        seen += 1

    tail: LogTail[object] = LogTail(kafka, Topic.DECISIONS, note, Log("benchmark", "error"), SMALL_VALUES)
    await tail.start()
    await tail.caught_up(Deadline.after(_SECONDS))
    await tail.close()
    return seen


if __name__ == "__main__":
    main()

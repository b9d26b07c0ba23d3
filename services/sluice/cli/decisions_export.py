"""`sluice decisions export`: the decisions of some time, as a file that `sluice policy replay` reads."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.message import DecodeError

from sluice.bus.span import find_spans, read_spans
from sluice.bus.topics import Topic
from sluice.cli.progress import progress
from sluice.cli.tell import refuse, say
from sluice.cli.when import moment
from sluice.cli.where import find_kafka
from sluice.deadline import now_ms
from sluice.policy.decision_files import write_decisions
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision


def export(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="*.jsonl: JSON lines; else protobuf. *.gz: gzipped.")
    ],
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="Decided from then on: 24h (ago), or 2026-11-20T18:00 (UTC).")
    ] = "24h",
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Decided before then. Default: now.")] = None,
) -> None:
    """Write decisions to a file. It holds ids, scores and tenants; no content, and no account ids."""
    since_ms, until_ms = window(since, until)
    if not out.absolute().parent.is_dir():
        refuse(f"there is no folder {out.absolute().parent}")
    count = write_decisions(out, logged(find_kafka(os.environ, say), since_ms, until_ms))
    say(f"{count} decisions in {out}")


def window(since: str, until: str | None) -> tuple[int, int | None]:
    """Both ends, milliseconds since the epoch. Ends the command where the first is not before the second."""
    now = now_ms()
    since_ms = moment("--since", since, now)
    until_ms = None if until is None else moment("--until", until, now)
    if until_ms is not None and until_ms <= since_ms:
        refuse("--until should be later than --since")
    return since_ms, until_ms


def logged(kafka: KafkaSettings, since_ms: int, until_ms: int | None) -> Iterator[bytes]:
    """Decisions of the log, serialised, with a bar. RetryableError where the broker does not answer."""
    spans = find_spans(kafka, Topic.DECISIONS, since_ms, until_ms)
    with progress(sum(span.end - span.begin for span in spans), "records read") as told:
        for record in read_spans(kafka, Topic.DECISIONS, spans, told):
            try:
                Decision.FromString(record.value)
            except DecodeError:
                say(f"{record.topic}[{record.partition}]@{record.offset} is not a decision")
                continue
            yield record.value

"""`sluice decisions`: decisions as they are made, and as a file."""

import os
import sys
import time
from collections.abc import Iterator

import typer
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from google.protobuf.message import DecodeError
from rich.console import Console

from sluice.bus.clients import log_reader
from sluice.bus.problems import is_end_of_partition
from sluice.bus.refusals import check_granted
from sluice.bus.scan import partition_numbers
from sluice.bus.topics import Topic
from sluice.cli.decisions_export import export
from sluice.cli.show import show_decision
from sluice.cli.tell import put_json, say, wants_json
from sluice.cli.where import find_kafka
from sluice.contract.json_form import decision_json
from sluice.errors import RetryableError
from sluice.settings import KafkaSettings
from sluice.v1.decision_pb2 import Decision

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="What was decided."
)

app.command("export")(export)

_CALL_SECONDS = 15.0
_POLL_SECONDS = 0.2


@app.callback()
def decisions() -> None:
    """What was decided."""


@app.command("tail")
def tail(
    from_beginning: bool = typer.Option(False, "--from-beginning", help="Everything that the topic still holds."),
    count: int | None = typer.Option(None, min=1, help="Stop after this many."),
    as_json: bool = typer.Option(False, "--json", help="JSON lines, also on a terminal."),
    explain: bool = typer.Option(False, help="With every verdict and all scores."),
) -> None:
    """Prints decisions as they are committed, until Ctrl-C or --count. Belongs to no consumer group."""
    kafka = find_kafka(os.environ, say)
    json_lines = wants_json(as_json)
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    left = count
    for decision in read_decisions(kafka, from_beginning):
        if json_lines:
            put_json(decision_json(decision, explain=explain))
        else:
            show_decision(console, decision, explain=explain)
        left = None if left is None else left - 1
        if left == 0:
            return


def read_decisions(kafka: KafkaSettings, from_beginning: bool) -> Iterator[Decision]:
    """Committed decisions, for ever. RetryableError where the broker does not answer or has no such topic."""
    consumer = log_reader(kafka)
    try:
        _assign(consumer, kafka, from_beginning)
        while True:
            message = consumer.poll(_POLL_SECONDS)
            if message is None:
                continue
            problem = message.error()
            if problem is None:
                yield from _decision(message.value())
            elif not is_end_of_partition(problem):
                check_granted(problem, Topic.DECISIONS)
                say(f"{kafka.bootstrap}: {problem.str()}")
                time.sleep(_POLL_SECONDS)
    finally:
        consumer.close()


def _assign(consumer: Consumer, kafka: KafkaSettings, from_beginning: bool) -> None:
    try:
        numbers = partition_numbers(consumer, kafka, Topic.DECISIONS.value)
        places = [TopicPartition(Topic.DECISIONS.value, number) for number in numbers]
        for place in places:
            # The end as it is now, not as it will be when the first fetch gets there.
            place.offset = (
                OFFSET_BEGINNING
                if from_beginning
                else consumer.get_watermark_offsets(place, timeout=_CALL_SECONDS)[1]
            )
    except KafkaException as error:
        check_granted(error.args[0], Topic.DECISIONS)
        raise RetryableError(f"no Kafka broker answers at {kafka.bootstrap}: {error.args[0].str()}") from error
    consumer.assign(places)


def _decision(value: str | bytes | None) -> Iterator[Decision]:
    if not isinstance(value, bytes):
        return
    try:
        yield Decision.FromString(value)
    except DecodeError:
        say("a record on the decisions topic is not a decision")

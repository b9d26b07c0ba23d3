"""`sluice policy shadow`: where the shadow policy decides otherwise than the live one."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from google.protobuf.message import DecodeError

from sluice.bus.scan import scan
from sluice.bus.topics import Topic
from sluice.cli.tell import put_json, say, show_table, wants_json
from sluice.cli.when import moment
from sluice.cli.where import find_kafka
from sluice.policy.shadowed import Count, Shadowed, most_first, shadowed
from sluice.settings import KafkaSettings
from sluice.v1.shadow_pb2 import Disagreement

_DIGITS = 12


def shadow(
    since: Annotated[str, typer.Option(metavar="WHEN", help="Nothing earlier: 30m, 7d, or a date.")] = "24h",
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, also on a terminal.")] = False,
) -> None:
    """Where the policy of SLUICE_SHADOW_POLICY decided otherwise: by action, by rule, with request ids.

    One table, or one line of JSON, for each version of the shadow file, the newest first. Exit status: 0.
    """
    found = shadowed(_records(find_kafka(os.environ, say), moment("--since", since, int(time.time() * 1000))))
    for one in found:
        if wants_json(as_json):
            put_json(one.form())
        else:
            show(one)
    if not found:
        say(f"no disagreement (--since {since})")


def _records(kafka: KafkaSettings, since_ms: int) -> Iterator[tuple[int, int, Disagreement]]:
    for record in scan(kafka, Topic.SHADOW, since_ms):
        try:
            yield record.timestamp_ms, record.partition, Disagreement.FromString(record.value)
        except DecodeError:
            say(f"{Topic.SHADOW}[{record.partition}]@{record.offset} is not a disagreement")


def show(one: Shadowed) -> None:
    """One shadow policy's numbers, for people."""
    live = ", ".join(sorted(digest.hex()[:_DIGITS] for digest in one.live))
    head = f"shadow policy {one.version} ({one.digest.hex()[:_DIGITS]}) against {live}"
    lines = [f"{head}: {one.decisions} decisions differ, in {one.records} samples"]
    if one.unknown:
        lines.append(f"{one.unknown} more cannot be told: answers that it would have waited for were not recorded")
    if one.unnamed:
        lines.append(f"of {one.unnamed} the rules are not named: too many kinds came at once")
    sys.stdout.write("\n".join(lines) + "\n")
    if not one.decisions:
        return
    rows = [("", "decisions", "such as")]
    rows += [(f"{live} -> {shadow}", *_cells(one.pairs[live, shadow])) for live, shadow in most_first(one.pairs)]
    rows += _rules("only live", one.only_live)
    rows += _rules("only shadow", one.only_shadow)
    show_table(rows)


def _rules(word: str, counts: Mapping[str, Count]) -> list[tuple[str, str, str]]:
    return [(f"{word}: {rule}", *_cells(counts[rule])) for rule in most_first(counts)]


def _cells(count: Count) -> tuple[str, str]:
    return str(count.decisions), " ".join(count.samples)

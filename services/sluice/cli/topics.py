"""`sluice topics create | list | access`."""

import os
import sys

import typer

from sluice.bus.access_acls import Naming
from sluice.bus.create_topics import create, describe
from sluice.bus.topics import TOPICS
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.cli.topics_access import CHECKS, PREFIX, SUFFIX, access, create_access
from sluice.cli.where import find_kafka
from sluice.local.plan import read_partitions
from sluice.settings import Reader

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The Kafka topics."
)

app.command("access")(access)

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000


@app.command("create")
def create_topics(
    partitions: int | None = typer.Option(None, min=1, help="Of new topics. Default: SLUICE_PARTITIONS, else 4."),
    replication: int | None = typer.Option(None, min=1, help="Default: SLUICE_REPLICATION, else 1."),
    grant: bool = typer.Option(False, "--access", help="Grant every principal its rights: `sluice topics access`."),
    prune: bool = typer.Option(False, "--prune", help="With --access: take away what our principals have beside."),
    prefix: str = PREFIX,
    suffix: str = SUFFIX,
    check: list[str] = CHECKS,
) -> None:
    """Creates what is missing and sets retention and clock where they differ. Safe to run again."""
    if not grant and (prune or prefix or suffix or check):
        refuse("--prune, --principal-prefix, --principal-suffix and --check go with --access")
    reader = Reader(os.environ)
    default_partitions, default_replication = read_partitions(reader)
    reader.finish()
    kafka = find_kafka(os.environ, say)
    report = create(kafka, partitions or default_partitions, replication or default_replication)
    for topic in report.created:
        say(f"{topic}: created with {report.partitions} partitions")
    for found in report.differences:
        verb = "set to" if found.corrected else "left as it is; the table says"
        say(f"{found.topic}: {found.setting} was {found.found}, {verb} {found.wanted}")
    say(f"{len(report.created)} created, {len(report.existing)} there already, {report.partitions} partitions each")
    if grant:
        create_access(kafka, Naming(prefix, suffix), prune, check)


@app.command("list")
def list_topics(as_json: bool = typer.Option(False, "--json", help="JSON lines, also on a terminal.")) -> None:
    """Every topic of ours: partitions, retention, largest record, and whether the cluster has it."""
    found = describe(find_kafka(os.environ, say))
    for spec in TOPICS:
        state = found.get(spec.topic)
        if wants_json(as_json):
            put_json(
                {
                    "topic": spec.topic.value,
                    "partitions": state.partitions if state else None,
                    "retention_ms": int(state.settings["retention.ms"]) if state else None,
                    "max_message_bytes": int(state.settings["max.message.bytes"]) if state else None,
                    "holds": spec.holds,
                }
            )
            continue
        there = f"{state.partitions:>3} partitions" if state else "   not created"
        kept = _span(int(state.settings["retention.ms"]) if state else spec.retention_ms)
        sys.stdout.write(f"{spec.topic:<28} {there:<15} kept {kept:<8} {spec.holds}\n")


def _span(milliseconds: int) -> str:
    if milliseconds % _DAY_MS == 0:
        return f"{milliseconds // _DAY_MS} d"
    return f"{milliseconds / _HOUR_MS:g} h"

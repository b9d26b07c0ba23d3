"""`sluice hashes test-set`: harmless pictures that a list knows, written to a folder, and sent through the stack."""

import asyncio
import csv
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from sluice.cli.ask import Ask
from sluice.cli.hashes_where import Json
from sluice.cli.incidents_log import Incidents
from sluice.cli.send import Outcome, Sender
from sluice.cli.tell import put_json, say, show_table, wants_json
from sluice.cli.where import find_running
from sluice.contract.names import short_name
from sluice.errors import NotReadyError
from sluice.hashes.listed import COLUMNS
from sluice.ids import new_request_id
from sluice.local.state import Running
from sluice.samples.test_set import Try, listed_test_pictures, tries
from sluice.settings import KafkaSettings, sluice_home
from sluice.v1.decision_pb2 import Action
from sluice.v1.incident_pb2 import Incident
from sluice.v1.verdict_pb2 import ListMatch

RULE = "known-csam"
"""Of the default policy: what blocks and reports a picture of a bank of kind `csam`."""

_INCIDENT_SECONDS = 15.0
_BANK = """\
name: test-set
kind: csam
test: true
source: drawn by Sluice, harmless
terms: none
"""


def make_test_set(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made where it is missing.")],
    send: Annotated[bool, typer.Option("--send", help="Send each through the running stack, and check.")] = False,
    as_json: Json = False,
) -> None:
    """Write harmless pictures that a test bank knows, and the list that knows them.

    DIR is then a bank of files, too, whose matches say that they are a test. With --send each picture is sent as an
    upload to the running stack: those that are listed must be blocked by known-csam, with an incident that says test;
    the one that is not must match nothing.

    Exit status: 0 written, and all as expected; 1 not so, or no stack runs.
    """
    files = tries()
    write(folder, files)
    say(f"{len(files)} pictures, entries.csv and bank.yaml in {folder}")
    if not send:
        return
    running = find_running(sluice_home(os.environ), say)
    if running is None:
        raise NotReadyError("no stack runs: `sluice up` starts one")
    rows = asyncio.run(_send(running, folder, files))
    if wants_json(as_json):
        for row in rows:
            put_json(row)
    else:
        show_table([list(rows[0]), *([str(value) for value in row.values()] for row in rows)])
    wrong = [str(row["file"]) for row in rows if not row["as_expected"]]
    say(f"not as expected: {', '.join(wrong)}" if wrong else "all as expected")
    if wrong:
        raise typer.Exit(1)


def write(folder: Path, files: Sequence[Try]) -> None:
    """The pictures, `entries.csv` and `bank.yaml`. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in files:
        (folder / one.name).write_bytes(one.data)
    (folder / "bank.yaml").write_text(_BANK)
    with (folder / "entries.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(one.row() for one in listed_test_pictures())


def row_of(one: Try, outcome: Outcome, incident: Incident | None) -> Mapping[str, object]:
    """What came of a picture, and whether that is what should have come of it."""
    decision = outcome.decision
    results = [result for seen in decision.inputs for result in seen.results] if decision is not None else []
    matches = [match for result in results for match in result.matches]
    blocked = decision is not None and RULE in {reason.rule for reason in decision.reasons}
    if one.entry:
        good = blocked and incident is not None and incident.test and _knows(matches, one)
    else:
        good = decision is not None and not blocked and not matches
    return {
        "file": one.name,
        "decision": (short_name(Action, decision.action) or "") if decision is not None else outcome.error,
        "rule": RULE if blocked else "",
        "matches": " ".join(f"{match.list}/{match.entry}:{match.method}:{match.distance}" for match in matches),
        "incident": "" if incident is None else "test" if incident.test else "not a test",
        "as_expected": good,
    }


def _knows(matches: Sequence[ListMatch], one: Try) -> bool:
    """Whether a test list has it, by the right digest; another list that has it, too, is no test of ours."""
    mine = [match for match in matches if match.test and match.entry == one.entry]
    return len(mine) == len(matches) > 0 and any((match.method != "pdq") == one.exact for match in mine)


async def _send(running: Running, folder: Path, files: Sequence[Try]) -> Sequence[Mapping[str, object]]:
    asks = {new_request_id(): one for one in files}
    with (
        closing(Incidents(KafkaSettings({"bootstrap.servers": running.kafka}))) as incidents,
        TemporaryDirectory() as out,
    ):
        outcomes = []
        async with Sender.open(running, Path(out)) as sender:
            for request_id, one in asks.items():
                outcomes.append(await sender.moderate(Ask(request_id, images=(folder / one.name,))))
        found = incidents.of([name for name, one in asks.items() if one.entry], _INCIDENT_SECONDS)
    return [
        row_of(one, outcome, found.get(name)) for (name, one), outcome in zip(asks.items(), outcomes, strict=True)
    ]

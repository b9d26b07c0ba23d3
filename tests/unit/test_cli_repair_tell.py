"""What is said of a hanging transaction."""

import json

import pytest

from sluice.bus.hanging import Finding, GroupOffset, LogEnd, State
from sluice.cli.repair_tell import advice, tell

OURS = Finding(LogEnd("moderation.decisions", 3), State(2475, held=True, behind=2), 25.4)
STRANGERS = Finding(LogEnd("moderation.requests", 0), State(9, held=True, behind=40), 31.0)
OFFSET = Finding(GroupOffset("sluice-orchestrator", "moderation.contents", 3), State(7, held=True), 25.0)


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    tell([OURS, STRANGERS, OFFSET], "hangs", json_lines=False)
    assert capsys.readouterr().out.splitlines() == [
        "moderation.decisions[3] hangs: 2 from offset 2475 cannot be read, unmoved for 25 s; "
        "written by sluice-orchestrator",
        "moderation.requests[0] hangs: 40 from offset 9 cannot be read, unmoved for 31 s; "
        "written by a producer that is not ours",
        "the offset of sluice-orchestrator in moderation.contents[3] hangs: not stable, unmoved for 25 s",
    ]


def test_lines_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    tell([OURS, OFFSET], "still hangs", json_lines=True)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {
        "state": "still hangs",
        "group": None,
        "topic": "moderation.decisions",
        "partition": 3,
        "offset": 2475,
        "behind": 2,
        "seconds": 25.4,
        "writers": ["sluice-orchestrator"],
    }
    assert (second["group"], second["behind"], second["writers"]) == (
        "sluice-orchestrator",
        None,
        ["sluice-orchestrator"],
    )


def test_what_is_not_ours_has_its_command() -> None:
    whose, looks, only, ends = advice("broker:9092", [STRANGERS])
    assert "the transaction is not ours" in whose
    tool = "kafka-transactions.sh --bootstrap-server broker:9092"
    at = "--topic moderation.requests --partition 0"
    assert looks.strip() == f"{tool} find-hanging {at} --max-transaction-timeout 1"
    assert ends.strip() == f"{tool} abort {at} --start-offset 9"
    assert "only if" in only


def test_what_is_ours_and_still_there_asks_for_the_replica() -> None:
    assert "not of a replica known here" in advice("broker:9092", [OURS])[0]
    (line,) = advice("broker:9092", [OFFSET])
    assert "--instance" in line

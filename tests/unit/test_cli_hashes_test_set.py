"""`sluice hashes test-set`: a folder that is a bank too, and what counts as expected."""

import json
from pathlib import Path

import pytest

from hash_matcher.bank_files import load_bank
from sluice.cli.hashes_test_set import row_of
from sluice.cli.main import main
from sluice.cli.send import Outcome
from sluice.samples.test_set import Try, listed_test_pictures, tries
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision, Input, Reason
from sluice.v1.incident_pb2 import Incident
from sluice.v1.verdict_pb2 import ContentResult, ListMatch
from tests.unit.hash_store import store

EXACT = Try("a.png", b"", "test-1", exact=True)
CHANGED = Try("b.png", b"", "test-1")
UNKNOWN = Try("c.png", b"")
BY_BYTES = ListMatch(list="sluice-test", entry="test-1", method="sha256", test=True)
BY_LOOKS = ListMatch(list="sluice-test", entry="test-1", method="pdq", distance=4, test=True)
REAL = ListMatch(list="partner", entry="77", method="pdq", distance=4)
MADE = Incident(test=True)


def blocked(*matches: ListMatch, rule: str = "known-csam") -> Outcome:
    inputs = [Input(check="hash", results=[ContentResult(matches=matches)])]
    return Outcome("r", Decision(action=ACTION_BLOCK, reasons=[Reason(rule=rule)], inputs=inputs))


def status(*words: str) -> int:
    """Exit status of the command."""
    try:
        return main(["hashes", *words])
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.delenv("SLUICE_HASHES", raising=False)
    return tmp_path


def test_the_folder_is_a_bank_of_files_with_the_pictures_beside(home: Path) -> None:
    folder = home / "banks" / "test-set"
    assert status("test-set", str(folder)) == 0
    bank = load_bank(folder)
    assert (bank.name, bank.kind, bank.test) == ("test-set", "csam", True)
    assert bank.entries == tuple(listed_test_pictures())
    assert all((folder / one.name).read_bytes() == one.data for one in tries())


def test_the_list_can_be_built_into_a_store_which_then_knows_the_pictures(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(home / "hashes", "trial: {kind: csam, test: true, source: a, terms: b}\n")
    folder = home / "set"
    assert status("test-set", str(folder)) == 0
    assert status("build", f"trial={folder / 'entries.csv'}", "--json") == 0
    capsys.readouterr()
    assert status("lookup", str(folder / "test-3-mirrored.webp"), "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["bank"], row["entry"], row["method"], row["test"]) == ("trial", "test-3", "pdq", True)
    assert status("lookup", str(folder / "in-no-list.png")) == 3


def test_nothing_can_be_sent_without_a_stack(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("test-set", str(home / "set"), "--send") == 1
    assert "sluice up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("one", "outcome", "incident", "good"),
    [
        (EXACT, blocked(BY_BYTES), MADE, True),
        (EXACT, blocked(BY_BYTES, BY_LOOKS), MADE, True),
        (EXACT, blocked(BY_LOOKS), MADE, False),
        (EXACT, blocked(BY_BYTES), None, False),
        (EXACT, blocked(BY_BYTES), Incident(), False),
        (EXACT, blocked(BY_BYTES, rule="other"), MADE, False),
        (EXACT, blocked(BY_BYTES, REAL), MADE, False),
        (EXACT, blocked(), MADE, False),
        (EXACT, Outcome("r", error="UNAVAILABLE"), MADE, False),
        (CHANGED, blocked(BY_LOOKS), MADE, True),
        (CHANGED, blocked(BY_BYTES), MADE, False),
        (UNKNOWN, Outcome("r", Decision(action=ACTION_ALLOW)), None, True),
        (UNKNOWN, blocked(rule="other"), None, True),
        (UNKNOWN, blocked(BY_LOOKS), MADE, False),
        (UNKNOWN, Outcome("r", error="UNAVAILABLE"), None, False),
    ],
)
def test_what_is_expected(one: Try, outcome: Outcome, incident: Incident | None, good: bool) -> None:
    assert row_of(one, outcome, incident)["as_expected"] is good

"""`sluice policy replay` from a file: what it prints and how it exits."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.replay.made import made
from sluice.cli.policy import app
from sluice.policy.decision_files import write_decisions
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Decision
from tests.unit.test_orchestrator_decide_plans import POLICY
from tests.unit.test_policy_load import DEFAULT

DECISIONS = [Decision.FromString(value) for value in made(200, POLICY, seed=3)]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "kept.pb.gz"
    write_decisions(path, [one.SerializeToString() for one in DECISIONS])
    return path


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """The default policy with "sexual" from 0.05 on for everybody."""
    path = tmp_path / "candidate.yaml"
    path.write_text(re.sub(r"^(    sexual: )[\d.]+", r"\g<1>0.05", DEFAULT.read_text(), flags=re.MULTILINE))
    return path


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["replay", *(str(word) for word in words)])
    return result.exit_code, result.stdout, result.stderr


def form(*words: object) -> dict[str, Any]:
    status, output, _ = run(*words, "--json")
    assert status == 0
    found: dict[str, Any] = json.loads(output)
    return found


def test_the_policy_that_decided_flips_nothing(kept: Path) -> None:
    status, output, _ = run(DEFAULT, "--from", kept)
    assert status == 0
    assert "replay is exact: 200 of 200\n0 flips of 200 judged (0.00%)" in output


def test_a_candidate_shows_what_flips(kept: Path, candidate: Path) -> None:
    status, output, _ = run(candidate, "--from", kept, "--live", DEFAULT)
    assert status == 0
    assert "on 200 decisions" in output
    assert "replay is exact: 200 of 200" in output
    for title in ("Flips", "Rules that fire elsewhere", "Flips by category", "Flips by stage", "Flips by tenant"):
        assert title in output
    found = form(candidate, "--from", kept)
    assert found["flips"] == sum(found["moves"].get(kind, 0) for kind in ("ALLOW->BLOCK", "BLOCK->ALLOW")) > 3
    assert found["rules"]["sexual"]["new"] > 0
    assert found["by"]["category"]["sexual"]["flips"] > 0
    assert found["exact"] == {"same": 0, "differ": 0, "examples": []}
    (known,) = {one.action for one in DECISIONS if one.request_id == found["examples"]["ALLOW->BLOCK"][0]}
    assert known == ACTION_ALLOW


def test_several_processes_find_the_same(kept: Path, candidate: Path) -> None:
    alone, shared = form(candidate, "--from", kept), form(candidate, "--from", kept, "--jobs", 2)
    assert {**alone, "examples": {}} == {**shared, "examples": {}}


@pytest.mark.parametrize(
    ("gate", "status"),
    [
        ("flips > 1%", 1),
        ("ALLOW->BLOCK > 150", 0),
        ("rule:sexual > 0", 1),
        ("decisions < 200", 0),
        ("unjudged > 0", 0),
    ],
)
def test_a_gate_decides_the_exit_status(gate: str, status: int, kept: Path, candidate: Path) -> None:
    found, output, _ = run(candidate, "--from", kept, "--fail-if", gate)
    assert found == status
    assert gate in output
    assert ("FAILED" in output) is bool(status)


def test_labels_give_the_metrics(kept: Path, candidate: Path, tmp_path: Path) -> None:
    lines = [
        json.dumps({"request_id": one.request_id, "label": "unsafe" if one.action == ACTION_BLOCK else "safe"})
        for one in DECISIONS[:100]
    ]
    labels = tmp_path / "labels.jsonl"
    labels.write_text("\n".join(lines))
    words = (candidate, "--from", kept, "--labels", labels)
    found = form(*words)["labels"]["all"]
    blocked = sum(one.action == ACTION_BLOCK for one in DECISIONS[:100])
    assert found["not_unsafe"]["n"] == blocked
    assert found["not_unsafe"]["recorded"]["share"] == 1.0
    assert found["not_overrefuse"]["candidate"]["share"] < 1.0
    assert found["not_overrefuse"]["worse"] > 0
    status, output, _ = run(*words, "--fail-if", "not_overrefuse < 1", "--fail-if", "not_unsafe.low < 0.1")
    assert status == 1
    assert "Labelled requests" in output
    # Nobody labelled anything of that category.
    assert run(*words, "--fail-if", "not_unsafe[hate] < 0.1")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-if", "flips > lots"), "should be METRIC"),
        (("--fail-if", "rule:nobody > 1"), "has no rule 'nobody'"),
        (("--fail-if", "not_unsafe < 0.9"), "needs --labels or --reviews"),
        (("--since", "24h"), "--from reads the whole file"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], said: str, kept: Path, candidate: Path) -> None:
    status, _, told = run(candidate, "--from", kept, *words)
    assert status == 2
    assert said in told


def test_a_window_that_ends_before_it_begins(candidate: Path) -> None:
    status, _, told = run(candidate, "--since", "1h", "--until", "2h")
    assert (status, "--until should be later than --since" in told) == (2, True)


def test_a_broken_candidate_is_told_as_check_tells_it(kept: Path, candidate: Path) -> None:
    candidate.write_text(candidate.read_text().replace('score("hate")', 'scor("hate")'))
    checked = CliRunner().invoke(app, ["check", str(candidate)])
    status, output, _ = run(candidate, "--from", kept)
    assert (status, output) == (1, checked.stdout)
    status, output, _ = run(candidate, "--from", kept, "--json")
    assert (status, json.loads(output)["good"]) == (1, False)


def test_no_decisions_are_no_success(tmp_path: Path) -> None:
    empty = tmp_path / "kept.pb"
    write_decisions(empty, [])
    status, _, told = run(DEFAULT, "--from", empty)
    assert (status, "no decisions" in told) == (1, True)


def test_what_is_not_as_recorded_is_a_failure(tmp_path: Path) -> None:
    wrong = Decision()
    wrong.CopyFrom(DECISIONS[0])
    wrong.complete = not wrong.complete
    write_decisions(tmp_path / "kept.jsonl", [wrong.SerializeToString(), DECISIONS[1].SerializeToString()])
    status, output, _ = run(DEFAULT, "--from", tmp_path / "kept.jsonl")
    assert status == 1
    assert f"replay is NOT exact: 1 of 2 differ from what was recorded: {wrong.request_id}" in output.replace(
        "\n", " "
    )
    assert run(DEFAULT, "--from", tmp_path / "kept.jsonl", "--limit", 1)[0] == 1


def test_a_tenants_name_steers_no_terminal(tmp_path: Path, candidate: Path) -> None:
    decision = Decision()
    decision.CopyFrom(next(one for one in DECISIONS if one.request_id in flipped_ids(candidate, tmp_path)))
    decision.tenant = "[red]x\x1b[2J"
    write_decisions(tmp_path / "kept.pb", [decision.SerializeToString()])
    _, output, _ = run(candidate, "--from", tmp_path / "kept.pb")
    assert r"[red]x\x1b[2J" in output
    assert "\x1b" not in output


def flipped_ids(candidate: Path, tmp_path: Path) -> list[str]:
    """Decisions that the candidate flips."""
    write_decisions(tmp_path / "all.pb", [one.SerializeToString() for one in DECISIONS])
    examples: dict[str, list[str]] = form(candidate, "--from", tmp_path / "all.pb")["examples"]
    return [request_id for ids in examples.values() for request_id in ids]


def test_a_label_of_no_decision_is_told_and_no_figure_is_cut(kept: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    rows = [f"{one.request_id},safe" for one in DECISIONS[:3]]
    labels.write_text(
        "\n".join(["request_id,label", *rows, *rows, "7f7c9f0e-4f4e-4c59-9d0a-0d9f4b1f2c3d,unsafe", ""])
    )
    status, output, errors = run(DEFAULT, "--from", kept, "--labels", labels)
    assert status == 0
    assert "1 of 4 labels are of requests that are not among the decisions" in errors
    assert "not_overrefuse" in output
    assert "…" not in output
    assert re.search(r"0\.\d{3} to \d\.\d{3}", output)

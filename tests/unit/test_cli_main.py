"""The command's front: exit statuses, and what is said where nothing runs."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from sluice.cli.main import main
from sluice.errors import EX_CONFIG


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    return tmp_path / "home"


def status_of(*words: str) -> int:
    """The exit status that the shell would see."""
    with pytest.raises(SystemExit) as ended:
        sys.exit(main(words))
    return int(ended.value.code or 0)


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--version") == 0
    assert capsys.readouterr().out.startswith("sluice 0.")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["moderate"],
        ["moderate", "--no-such-option"],
        ["moderate", "--prompt", "x", "--stage", "middle"],
        ["moderate", "--image", "no-such-file.png"],
        ["moderate", "--jsonl", "no-such-file.jsonl"],
        ["moderate", "--prompt", "x", "--concurrency", "0"],
        ["moderate", "--prompt", "x", "--request-id", "7"],
        ["serve", "no-such-service"],
        ["up", "--without", "no-such-service"],
        ["incidents", "list", "--limit", "0"],
        ["incidents", "confirm", "7"],
        ["incidents", "schema"],
        ["topics", "create", "--partitions", "0"],
        ["topics", "nonsense"],
        ["repair", "--patience", "0"],
        ["policy", "explain", "7"],
        ["policy", "diff", "policy.yaml"],
        ["reviews", "nonsense"],
        ["reviews", "list", "--since", "yesterday"],
        ["reviews", "list", "--limit", "0"],
        ["reviews", "show", "7"],
        ["reviews", "resolve", "7", "--uphold", "--why", "x"],
        ["reviews", "resolve", str(UUID(int=7)), "--why", "x"],
        ["reviews", "resolve", str(UUID(int=7)), "--uphold", "--release", "--why", "x"],
        ["reviews", "resolve", str(UUID(int=7)), "--uphold"],
        ["reviews", "resolve", str(UUID(int=7)), "--uphold", "--why", " "],
        ["reviews", "resolve", str(UUID(int=7)), "--uphold", "--why", "x" * 2001],
        ["reviews", "resolve", str(UUID(int=7)), "--uphold", "--why", "x", "--by", ""],
        ["dead-letters", "nonsense"],
        ["dead-letters", "list", "--limit", "0"],
        ["dead-letters", "list", "--reason", "bad"],
        ["dead-letters", "list", "--since", "yesterday"],
        ["dead-letters", "list", "--request-id", "7"],
        ["dead-letters", "show"],
        ["dead-letters", "show", "7"],
        ["dead-letters", "replay"],
        ["dead-letters", "replay", "0:1", "--reason", "internal"],
        ["dead-letters", "replay", "0:1", "--since", "1h"],
        ["dead-letters", "replay", "--reason", "conflict"],
    ],
)
def test_wrong_usage_is_two_and_starts_nothing(words: list[str], home: Path) -> None:
    assert status_of(*words) == 2
    assert not home.exists()


def test_bad_lines_are_told_by_number_before_anything_is_sent(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "asks.jsonl"
    lines.write_text('{"prompt": "fine"}\n{"prompt": 1}\nnot json\n')
    assert status_of("moderate", "--jsonl", str(lines)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[0] == "sluice: line 2: prompt should be a string"
    assert captured.err.splitlines()[1].startswith("sluice: line 3: not JSON")
    assert not home.exists()


def test_a_prompt_and_a_file_of_prompts_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "asks.jsonl"
    lines.touch()
    assert status_of("moderate", "--jsonl", str(lines), "--prompt", "x") == 2
    assert "--prompt and --jsonl exclude each other" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["topics", "create"],
        ["topics", "list"],
        ["decisions", "tail"],
        ["serve", "ingest"],
        ["repair"],
        ["repair", "--check"],
        ["policy", "explain", str(UUID(int=7))],
        ["reviews", "list"],
        ["reviews", "show", str(UUID(int=7))],
        ["reviews", "resolve", str(UUID(int=7)), "--uphold", "--why", "x"],
        ["dead-letters", "list"],
        ["dead-letters", "show", "0:1"],
        ["dead-letters", "replay", "0:1"],
    ],
)
def test_without_a_broker_the_way_to_one_is_said(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(*words) == EX_CONFIG
    assert "KAFKA_BOOTSTRAP_SERVERS is not set and no stack runs" in capsys.readouterr().err


def test_every_wrong_variable_has_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLUICE_PARTITIONS", "none")
    monkeypatch.setenv("SLUICE_REPLICATION", "-1")
    assert status_of("topics", "create") == EX_CONFIG
    assert [line.partition("=")[0] for line in capsys.readouterr().err.splitlines()] == [
        "sluice: SLUICE_PARTITIONS",
        "sluice: SLUICE_REPLICATION",
    ]


def test_status_of_nothing_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("status") == 1
    assert "no stack runs in" in capsys.readouterr().err


def test_help_imports_neither_kafka_nor_models() -> None:
    code = (
        "import json, sys\nfrom sluice.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = json.loads(answer.stdout.splitlines()[-1])
    assert "sluice.cli.main" in modules
    assert not {"confluent_kafka", "grpc", "numpy", "onnxruntime", "obstore"} & set(modules)
    assert "moderate" in answer.stdout


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = f"{sys.executable} -m sluice.cli.main --help | head -c 1"
    answer = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert answer.stderr == ""

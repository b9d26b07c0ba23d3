"""`sluice serve` without a name: an image says which service by a variable."""

import sys
from pathlib import Path

import pytest

from sluice.cli.main import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))


def status_of(*words: str) -> int:
    """The exit status that the shell would see."""
    with pytest.raises(SystemExit) as ended:
        sys.exit(main(words))
    return int(ended.value.code or 0)


def test_the_variable_names_the_service(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SLUICE_SERVICE", "no-such-service")
    assert status_of("serve") == 2
    assert "'no-such-service'" in capsys.readouterr().err


def test_a_name_that_is_given_comes_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLUICE_SERVICE", "ingest")
    assert status_of("serve", "another-such") == 2
    assert "'another-such'" in capsys.readouterr().err


def test_without_either_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLUICE_SERVICE", raising=False)
    assert status_of("serve") == 2
    assert "Missing argument" in capsys.readouterr().err

"""Who resolves a review, and what it takes. What is written: tests/integration/test_reviews_command.py."""

import getpass

import pytest
import typer

from sluice.cli.reviews_resolve import reviewer


def test_whoever_is_named_comes_first() -> None:
    assert reviewer("lee", {"SLUICE_REVIEWER": "kim"}) == "lee"
    assert reviewer(None, {"SLUICE_REVIEWER": "kim"}) == "kim"
    # An empty name is somebody's mistake, not a wish for another one's.
    assert reviewer("", {"SLUICE_REVIEWER": "kim"}) == ""


def test_else_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "sam")
    assert reviewer(None, {}) == "sam"


def test_where_nobody_is_known_a_name_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    with pytest.raises(typer.Exit) as ended:
        reviewer(None, {})
    assert ended.value.exit_code == 2
    assert "--by NAME" in capsys.readouterr().err

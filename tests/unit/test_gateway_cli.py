"""`sluice keys`: what it makes, shows and takes away, and what it never prints."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.keys import is_secret


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.delenv("SLUICE_GATEWAY_DB", raising=False)


def run(*words: str) -> Result:
    """Runs `sluice keys` with these words."""
    return CliRunner().invoke(app, list(words), prog_name="sluice keys")


def lines(result: Result) -> list[dict[str, object]]:
    """What it printed as JSON."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_key_is_printed_once_and_never_again() -> None:
    (made,) = lines(run("create", "--name", "mine", "--json"))
    assert is_secret(str(made["key"]))
    shown = run("list")
    assert str(made["key"]) not in shown.output
    assert lines(shown)[0]["id"] == made["id"]


def test_what_a_key_may_is_what_was_asked_for() -> None:
    words = ["--tenant", "t-1", "--scope", "console", "--scope", "read", "--rate", "60", "--burst", "5"]
    lines(
        run(
            "create",
            "--json",
            "--name",
            "mine",
            *words,
            "--per-day",
            "7",
            "--per-month",
            "8",
            "--expires",
            "2099-01-01",
        )
    )
    (shown,) = lines(run("list", "--json"))
    assert shown["tenant"] == "t-1"
    assert shown["scopes"] == ["console", "read"]
    assert (shown["rate_per_minute"], shown["burst"], shown["per_day"], shown["per_month"]) == (60, 5, 7, 8)
    assert shown["expires"] == "2099-01-01T00:00:00+00:00"


def test_without_a_wish_it_may_ask_and_look_and_not_see_the_console() -> None:
    (made,) = lines(run("create", "--name", "mine", "--json"))
    assert made["scopes"] == ["moderate", "read"]
    assert made["expires"] is None


def test_a_key_is_revoked_once() -> None:
    (made,) = lines(run("create", "--name", "mine", "--json"))
    assert run("revoke", str(made["id"])).exit_code == 0
    assert run("revoke", str(made["id"])).exit_code == 1
    assert run("revoke", "key_of_nobody").exit_code == 1
    assert lines(run("list"))[0]["state"] == "revoked"


def test_a_pipe_gets_the_key_and_nothing_else() -> None:
    made = run("create", "--name", "mine", "--tenant", "team-a")
    assert made.exit_code == 0
    assert is_secret(made.stdout.removesuffix("\n"))
    assert "team-a" in made.stderr
    assert made.stdout.strip() not in made.stderr


@pytest.mark.parametrize(("words", "said"), [([], True), (["--tenant", "default"], False)])
def test_who_names_no_tenant_is_told_whose_requests_the_key_sees(words: list[str], said: bool) -> None:
    made = run("create", "--name", "mine", *words)
    assert ("no --tenant was named" in made.stderr) is said
    assert lines(run("list"))[0]["tenant"] == "default"


@pytest.mark.parametrize(
    "words",
    [
        ["--scope", "everything"],
        ["--rate", "-1"],
        ["--burst", "9" * 20],
        ["--per-month", "9" * 20],
        ["--expires", "soon"],
        ["--expires", "2020-01-01"],
        ["--name", "SLUICE_API_KEY"],
        ["--name", ""],
        ["--tenant", "a\x1bb"],
        ["--tenant", "t" * 129],
    ],
)
def test_wrong_usage_is_2_and_makes_nothing(words: list[str]) -> None:
    assert run("create", "--name", "mine", *words).exit_code == 2
    assert lines(run("list")) == []


def test_a_fresh_key_for_a_variable_is_kept_nowhere() -> None:
    found = run("new")
    assert is_secret(found.stdout.strip())
    assert lines(run("list")) == []

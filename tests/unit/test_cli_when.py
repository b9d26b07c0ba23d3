"""Moments as people write them."""

import pytest
import typer

from sluice.cli.when import moment, until

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90s", NOW - 90_000),
        ("5m", NOW - 300_000),
        ("24h", NOW - 86_400_000),
        ("7d", NOW - 7 * 86_400_000),
        ("2w", NOW - 14 * 86_400_000),
        ("1970-01-02", 86_400_000),
        ("1970-01-01T01:00", 3_600_000),
        ("1970-01-01T01:00+01:00", 1),
        ("1970-01-01T00:00:01Z", 1000),
        ("999999w", 1),
    ],
)
def test_a_moment(text: str, at: int) -> None:
    assert moment("--since", text, NOW) == at


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "yesterday", "2026-13-01"])
def test_what_is_none_ends_the_command(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught:
        moment("--until", text, NOW)
    assert caught.value.exit_code == 2
    assert f"--until {text!r}" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "ms"), [("90d", 90 * 86_400_000), ("1h", 3_600_000), ("1970-01-03", 172_799_000)])
def test_what_is_to_come_is_counted_forward(text: str, ms: int) -> None:
    assert until("--expires", text, 1000) == 1000 + ms


def test_a_wrong_one_to_come_ends_the_command_too() -> None:
    with pytest.raises(typer.Exit):
        until("--expires", "soon", 0)

"""Moments as people write them."""

import pytest
import typer

from sluice.cli.when import moment

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

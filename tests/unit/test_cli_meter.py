"""What a long command says of how far it is."""

import pytest

from sluice.cli.meter import Meter


def meter_of(total: int, answers: int, seconds: float) -> Meter:
    """`answers` allowed in `seconds`, evenly."""
    meter = Meter(total, 100.0)
    for number in range(1, answers + 1):
        meter.count("ALLOW", 100.0 + seconds * number / answers)
    return meter


def test_before_the_first_answer() -> None:
    meter = Meter(2000, 100.0)
    assert meter.line(100.0) == "0 of 2,000 answered, 0.0/s"
    assert meter.line(103.0) == "0 of 2,000 answered, 0.0/s"


def test_on_the_way() -> None:
    assert meter_of(2000, 500, 4.0).line(104.0) == "500 of 2,000 answered, 125/s, 0:12 left"


def test_at_the_end_nothing_is_left() -> None:
    assert meter_of(100, 100, 4.0).line(104.0) == "100 of 100 answered, 25/s"


def test_speed_is_that_of_the_last_seconds() -> None:
    meter = Meter(10_000, 100.0)
    meter.count("ALLOW", 160.0)
    for number in range(2_000):
        meter.count("ALLOW", 160.0 + number / 100)
    assert meter.rate(180.0) == pytest.approx(100, rel=0.05)
    assert meter.rate(280.0) < 25


def test_what_was_not_decided_is_counted() -> None:
    meter = Meter(5, 100.0)
    for action in ("ALLOW", None, "BLOCK", "ALLOW"):
        meter.count(action, 101.0)
    assert meter.undecided == 1
    assert meter.line(102.0).endswith("1 not decided")
    expected = "4 of 5 answered in 2.0 s, 2.0/s: 2 ALLOW, 1 BLOCK, 1 not decided, 1 not waited for"
    assert meter.summary(102.0) == expected


@pytest.mark.parametrize(("answers", "full"), [(0, 0), (500, 12), (1000, 24)])
def test_the_bar_grows(answers: int, full: int) -> None:
    drawn = meter_of(1000, answers, 10.0).bar(110.0, 100)
    assert drawn.startswith(f"[{'#' * full}{'.' * (24 - full)}] {answers:,} of 1,000")


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_the_bar_is_never_wider_than_the_terminal(width: int) -> None:
    assert len(meter_of(1_000_000, 1000, 10.0).bar(110.0, width)) <= width


def test_more_answers_than_were_expected_are_no_trouble() -> None:
    assert meter_of(10, 12, 1.0).bar(101.0, 80).startswith(f"[{'#' * 24}] 12 of 10")


@pytest.mark.parametrize(("left", "said"), [(5, "0:05"), (65, "1:05"), (7200, "2:00:00")])
def test_time_left(left: int, said: str) -> None:
    assert f"{said} left" in meter_of(10 + left * 10, 10, 1.0).line(101.0)

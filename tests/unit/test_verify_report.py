"""The report of `make verify-deploy`: what failed stays failed, and what was not run is named."""

import json
from collections.abc import Sequence

import pytest

from sluice.errors import NotReadyError
from tests.deploy.verify.report import Report, WrongError


def _ticks() -> float:
    return 7.0


def _raise(error: Exception) -> Sequence[str]:
    raise error


def test_a_step_that_went_well_says_what_it_saw() -> None:
    said: list[str] = []
    report = Report(said.append, clock=_ticks)
    assert report.run("lint", lambda: ["1 chart", "0 mistakes"])
    assert said == ["ok    lint  (0.0 s)", "        1 chart", "        0 mistakes"]
    assert report.well


@pytest.mark.parametrize("error", [WrongError("a\nb"), NotReadyError("a\nb"), OSError("a\nb")])
def test_a_step_that_fails_is_told_in_full_and_the_next_is_run(error: Exception) -> None:
    said: list[str] = []
    report = Report(said.append, clock=_ticks)
    assert not report.run("lint", lambda: _raise(error))
    assert report.run("next", list)
    assert said == ["FAIL  lint  (0.0 s)", "        a", "        b", "ok    next  (0.0 s)"]
    assert not report.well


def test_a_mistake_of_this_program_is_not_a_finding() -> None:
    report = Report(lambda _: None, clock=_ticks)
    with pytest.raises(KeyError):
        report.run("lint", lambda: _raise(KeyError("x")))


def test_nothing_run_is_not_well() -> None:
    assert not Report(lambda _: None).well


def test_the_last_line_has_every_figure_and_what_was_left_out() -> None:
    report = Report(lambda _: None, clock=_ticks)
    report.run("lint", list)
    report.run("install", lambda: _raise(WrongError("no")))
    report.leave_out("upgrade")
    report.installs, report.gpu_scheduled = 3, True
    assert json.loads(report.last_line()) == {
        "ok": False,
        "steps": 2,
        "failed": ["install"],
        "api_server_installs": 3,
        "upgrades": 0,
        "rollbacks": 0,
        "gpu_scheduled": True,
        "network_policies": 0,
        "not_run": ["upgrade"],
        "seconds": 0.0,
    }

"""The simulator's parts: its clock, its faults, and reports that are opened, finished, retracted and forgotten."""

import pytest

from deploy.simulators.cybertipline.clock import Clock
from deploy.simulators.cybertipline.faults import Faults, Kind
from deploy.simulators.cybertipline.reports import RefusedError, Reports, State


def refused(call: object) -> int:
    """The code that a call is refused with."""
    assert callable(call)
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value.code


def test_a_clock_only_goes_forward() -> None:
    clock = Clock()
    before = clock.now()
    assert (clock.advance(3600) - before).total_seconds() >= 3600
    for seconds in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="forward"):
            clock.advance(seconds)


def test_a_report_is_finished_once() -> None:
    reports = Reports(Clock())
    report = reports.submit(b"<report/>", ("/report",))
    file = reports.upload(report.id, "a.png", b"abc")
    assert (file.md5, file.size) == ("900150983cd24fb0d6963f7d28e17f72", 3)
    reports.describe(report.id, file.id, ("/fileDetails",))
    assert refused(lambda: reports.describe(report.id, "another", ())) == 5002
    assert reports.finish(report.id).state is State.FINISHED
    assert refused(lambda: reports.finish(report.id)) == 5102
    assert refused(lambda: reports.upload(report.id, "b.png", b"")) == 5102
    assert refused(lambda: reports.retract(report.id)) == 5102


def test_no_id_comes_again_with_another_simulator() -> None:
    clock = Clock()
    first = Reports(clock)
    ids = [first.submit(b"", ()).id for _ in range(3)]
    clock.advance(1)
    later = Reports(clock).submit(b"", ()).id
    assert later not in ids
    assert len(set(ids)) == 3


def test_a_report_is_retracted_once() -> None:
    reports = Reports(Clock())
    report = reports.submit(b"", ())
    reports.retract(report.id)
    assert refused(lambda: reports.retract(report.id)) == 5101
    assert refused(lambda: reports.finish(report.id)) == 5101
    assert refused(lambda: reports.finish("1")) == 5001


def test_what_is_left_open_is_gone_after_a_day_or_an_hour_after_the_last_change() -> None:
    clock = Clock()
    reports = Reports(clock)
    left, changed, finished = (reports.submit(b"", ()) for _ in range(3))
    reports.finish(finished.id)
    clock.advance(23.9 * 3600)
    reports.upload(changed.id, "a.png", b"")
    clock.advance(0.2 * 3600)
    reports.expire()
    assert [left.state, changed.state, finished.state] == [State.EXPIRED, State.OPEN, State.FINISHED]
    clock.advance(0.9 * 3600)
    assert refused(lambda: reports.finish(changed.id)) == 5001
    assert refused(lambda: reports.retract(left.id)) == 5001


def test_nothing_of_a_file_but_digests_is_shown() -> None:
    reports = Reports(Clock())
    report = reports.submit(b"<canary/>", ("/report",))
    reports.upload(report.id, "a.png", b"canary")
    assert "canary" not in f"{report.shown()} {report!r}"


def test_faults_happen_as_often_as_they_are_told() -> None:
    faults = Faults()
    faults.put({"kind": "drop", "call": "finish", "times": 2})
    faults.put({"kind": "code", "value": 1000, "times": None})
    assert [fault.kind for fault in map(faults.take, ("finish", "submit", "finish", "finish")) if fault] == [
        Kind.DROP,
        Kind.CODE,
        Kind.DROP,
        Kind.CODE,
    ]


def test_chance_comes_from_the_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.put({"kind": "drop", "chance": 0.5, "times": None})
        return [faults.take("submit") is not None for _ in range(64)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 10 < sum(drawn(1)) < 54


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "nothing"},
        {"kind": "drop", "call": "everything"},
        {"kind": "code"},
        {"kind": "drop", "value": 3},
        {"kind": "drop", "times": 0},
        {"kind": "drop", "chance": 2},
        {"kind": "drop", "other": 1},
    ],
)
def test_what_is_no_fault(form: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Faults().put(form)

"""How the picture benchmarks count: rounds, ratios, and what is whose."""

import time

import pytest

from benchmarks.images.measure import Spent, best, median, ratio, repeated, rounds


def test_a_spent_tells_rate_and_cpu_of_both_sides() -> None:
    spent = Spent(seconds=0.02, here=0.003, there=0.005)
    assert spent.per_second == pytest.approx(50)
    assert spent.cpu_ms == pytest.approx(8)


def test_every_side_has_its_turn_in_every_round_and_the_first_is_not_counted() -> None:
    order: list[str] = []

    def side(name: str) -> Spent:
        order.append(name)
        return Spent(len(order), 0, 0)

    found = rounds({"one": lambda: side("one"), "other": lambda: side("other")}, 2)
    assert order == ["one", "other"] * 3
    assert [spent.seconds for spent in found["one"]] == [3, 5]
    assert [spent.seconds for spent in found["other"]] == [4, 6]


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratio([2.0, 40.0, 3.0], [1.0, 10.0, 1.0]) == 3.0
    assert median([5.0, 1.0, 2.0]) == 2.0
    assert best([5.0, 1.0, 2.0]) == 1.0


def test_what_takes_long_is_repeated_a_few_times_and_counted_by_call() -> None:
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        begun = time.process_time()
        while time.process_time() - begun < 0.004:
            pass

    spent = repeated(work, least=0.001, fewest=5)
    assert calls == 5
    assert spent.here >= 0.004


def test_work_that_is_done_elsewhere_ends_by_the_clock() -> None:
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        time.sleep(0.01)

    spent = repeated(work, least=0.02, fewest=1)
    assert calls
    assert spent.seconds >= 0.01

"""The closed loop and its rounds: every side is asked about every text, and only answers are counted."""

import asyncio
from collections.abc import Mapping

import pytest

from benchmarks.gateway.drive import Drive, drive
from benchmarks.gateway.rounds import agreed, answers, measure
from benchmarks.gateway.side import NoAnswerError


class Counting:
    """Flags texts that begin with "x", refuses those that begin with "?", and uses 10 ms of CPU time for each."""

    settle = 0.0

    def __init__(self, name: str = "side", order: list[str] | None = None) -> None:
        self.name = name
        self.asked: list[str] = []
        self.order = [] if order is None else order
        self.under_way = self.most = self.closed = 0

    async def ask(self, text: str) -> bool:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.asked.append(text)
        if text.startswith("?"):
            raise NoAnswerError("full")
        return text.startswith("x")

    def cpu(self) -> Mapping[str, float]:
        return {"gateway": 0.01 * len(self.asked), "kafka": 1.0}

    async def close(self) -> None:
        self.order.append(self.name)
        self.closed += 1


def drove(flagged: tuple[bool, ...] = (False,), latencies: tuple[float, ...] = (0.0,)) -> Drive:
    return Drive(2.0, latencies, flagged, {"gateway": 0.3, "kafka": 0.1}, 0.2)


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (3, 3), (64, 7)])
async def test_so_many_are_under_way_and_answers_keep_their_places(at_once: int, most: int) -> None:
    side, texts = Counting(), ["a", "xb", "c", "d", "xe", "f", "g"]
    found = await drive(side, texts, at_once)
    assert sorted(side.asked) == sorted(texts)
    assert found.flagged == (False, True, False, False, True, False, False)
    assert (side.most, side.closed) == (most, 1)
    assert all(latency > 0 for latency in found.latencies)
    assert found.cpu == pytest.approx({"gateway": 0.07, "kafka": 0.0})


async def test_a_text_without_an_answer_leaves_no_figures() -> None:
    with pytest.raises(SystemExit, match="side, 2 at a time: 2 of 3 not judged: full"):
        await drive(Counting(), ["?", "a", "?"], 2)


def test_figures_are_of_a_text() -> None:
    found = drove((False,) * 4, (0.004, 0.001, 0.003, 0.002))
    assert found.per_second == 2
    assert found.cpu_ms == pytest.approx(100)
    assert found.cpu_ms_of("gateway") == pytest.approx(75)
    assert found.cpu_ms_of("another") == 0
    assert found.asking_ms == pytest.approx(50)
    assert (found.p50, found.p99) == pytest.approx((2.0, 4.0))


async def test_sides_take_turns_and_the_first_round_only_warms_up() -> None:
    order: list[str] = []
    sides, told = [Counting("one", order), Counting("other", order)], list[str]()
    found = await measure(sides, ["a", "xb"], [1, 2], 2, told.append)
    assert {key: len(drives) for key, drives in found.items()} == {
        ("one", 1): 2, ("other", 1): 2, ("one", 2): 2, ("other", 2): 2,
    }  # fmt: skip
    assert order == [*["other", "one"] * 2, *["one", "other"] * 2, *["other", "one"] * 2]
    assert len(told) == 12
    assert told[0].startswith("warm-up: other, 1 at a time")
    assert answers(found, "one") == (False, True)


def test_two_doors_of_one_stack_must_tell_the_same() -> None:
    agreed({("one", 1): [drove((True, False))], ("other", 1): [drove((True, False))]}, "one", "other")
    with pytest.raises(SystemExit, match="one and other told different decisions of 1 texts"):
        agreed({("one", 1): [drove((True, False))], ("other", 1): [drove((True, True))]}, "one", "other")


def test_a_side_must_always_tell_the_same() -> None:
    with pytest.raises(SystemExit, match="one judged the same text in different ways"):
        answers({("one", 1): [drove((True,))], ("one", 8): [drove((False,))]}, "one")

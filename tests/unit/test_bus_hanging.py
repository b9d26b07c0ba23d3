"""When a place that an open transaction holds up counts as hanging."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import typer.main

from sluice.bus.hanging import PATIENCE_SECONDS, GroupOffset, LogEnd, State, Watch
from sluice.cli.main import app

DECISIONS = LogEnd("moderation.decisions", 3)
OFFSET = GroupOffset("a-group", "moderation.contents", 3)


Look: TypeAlias = Mapping[Any, State]


def looked(*looks: tuple[float, Look], patience: float = 25.0) -> Watch:
    watch = Watch(patience)
    for at, look in looks:
        watch.see(at, look)
    return watch


def held(offset: int, behind: int = 1, note: str = "") -> State:
    return State(offset, held=True, behind=behind, note=note)


def test_what_is_not_held_is_never_in_doubt() -> None:
    still = {DECISIONS: State(7, held=False)}
    watch = looked((0, still), (1000, still))
    assert not watch.undecided()
    assert watch.findings() == []


def test_one_look_says_nothing_of_what_is_held() -> None:
    watch = looked((0, {DECISIONS: held(7)}))
    assert watch.undecided()
    assert watch.findings() == []


def test_what_stands_still_for_the_patience_hangs_however_much_gathers_behind_it() -> None:
    watch = looked((100, {DECISIONS: held(7)}), (112, {DECISIONS: held(7, behind=50)}))
    assert watch.undecided()
    watch.see(125, {DECISIONS: held(7, behind=90)})
    assert not watch.undecided()
    (finding,) = watch.findings()
    assert (finding.place, finding.state.offset, finding.state.behind, finding.seconds) == (DECISIONS, 7, 90, 25)


def test_what_moves_is_measured_anew() -> None:
    """One transaction after the other is held in every look, and none of them hangs."""
    watch = looked((0, {DECISIONS: held(0)}))
    assert watch.undecided()
    for at in range(1, 60):
        watch.see(at, {DECISIONS: held(at)})
        assert not watch.undecided()
        assert watch.findings() == []


def test_a_place_that_was_free_in_between_is_measured_anew() -> None:
    free = {DECISIONS: State(7, held=False)}
    watch = looked((0, {DECISIONS: held(7)}), (20, free), (21, {DECISIONS: held(7)}), (30, {DECISIONS: held(7)}))
    assert watch.findings() == []


def test_a_place_that_was_not_seen_is_forgotten() -> None:
    watch = looked((0, {DECISIONS: held(7)}), (20, {}), (30, {DECISIONS: held(7)}))
    assert watch.findings() == []
    assert not watch.undecided()


def test_an_offset_moves_by_its_note_too() -> None:
    """A worker that waits for one slow request commits the same offset again, with another note."""
    moving = looked((0, {OFFSET: held(3, note="10")}), (30, {OFFSET: held(3, note="11")}))
    assert moving.findings() == []
    still = looked((0, {OFFSET: held(3, note="10")}), (30, {OFFSET: held(3, note="10")}))
    assert [finding.place for finding in still.findings()] == [OFFSET]


def test_a_watch_ends_with_what_it_began_with() -> None:
    """What was held up only later is judged by a watch that goes on, not waited for."""
    other = LogEnd("moderation.decisions", 1)
    watch = looked((0, {DECISIONS: held(7)}), (20, {DECISIONS: held(7), other: held(1)}))
    watch.see(26, {DECISIONS: held(7), other: held(1)})
    assert [finding.place for finding in watch.findings()] == [DECISIONS]
    assert not watch.undecided()
    watch.see(45, {other: held(1)})
    assert [finding.place for finding in watch.findings()] == [other]


def test_the_commands_patience_is_this_one() -> None:
    (patience,) = (each for each in typer.main.get_group(app).commands["repair"].params if each.name == "patience")
    assert patience.default == PATIENCE_SECONDS

"""Threads that no longer get on."""

from orchestrator.beats import Beats, Standing


def test_a_thread_without_a_beat_at_so_many_looks_stands() -> None:
    loop, recovery = Beats(), Beats()
    standing = Standing({"loop": loop, "recovery": recovery}, 3)
    told = []
    for _ in range(5):
        loop.beat()
        told.append(standing.look())
    assert told == [None, None, "recovery", "recovery", "recovery"]


def test_one_beat_begins_the_count_anew() -> None:
    beats = Beats()
    standing = Standing({"loop": beats}, 3)
    assert [standing.look(), standing.look()] == [None, None]
    beats.beat()
    assert [standing.look() for _ in range(4)] == [None, None, None, "loop"]

"""Telling of a long wait."""

from sluice.local.progress import Progress


def test_news_are_told_soon_and_no_news_now_and_then() -> None:
    now = 0.0
    said: list[tuple[float, str]] = []
    progress = Progress(lambda line: said.append((now, line)), seconds=5, again=30, clock=lambda: now)
    while now < 50:
        progress.tell("waiting for a, b" if now < 8 else "waiting for b")
        now += 1
    assert said == [(5, "waiting for a, b"), (10, "waiting for b"), (40, "waiting for b")]


def test_a_short_wait_is_not_spoken_of() -> None:
    said: list[str] = []
    progress = Progress(said.append, seconds=5, clock=lambda: 0.0)
    progress.tell("waiting")
    assert said == []

"""A timeline as it is drawn."""

import random

import pytest

from gateway.console_timeline import LEAST, WIDTH, Bar, chart, spoken
from gateway.timeline import Hop, Timeline


def hop(name: str, start: int, end: int, waited: int = 0, queued: int = 0, status: str = "") -> Hop:
    return Hop(
        name, name == "image", start, end, waited, "moderation.contents" if waited else "", queued, True, status
    )


def test_bars_lie_where_their_times_are() -> None:
    drawn = chart(Timeline(1000, 1200, [hop("ingest", 1000, 1020), hop("image", 1060, 1200, waited=40, queued=20)]))
    ingest, image = drawn.lines
    assert (ingest.start, ingest.took, list(ingest.bars)) == ("0 ms", "20 ms", [Bar(0, 100, "worked")])
    assert list(image.bars) == [Bar(100, 200, "waited"), Bar(300, 100, "queued"), Bar(400, 600, "worked")]
    assert list(image.waits) == ["40 ms in moderation.contents", "20 ms in its queue"]
    assert (ingest.says, image.says) == ("reads the request and its pictures", "a check")
    assert [text for _, text in drawn.ticks] == ["0 ms", "50 ms", "100 ms", "150 ms", "200 ms"]


def test_what_failed_looks_so() -> None:
    (line,) = chart(Timeline(0, 10, [hop("image", 0, 10, status="TIMEOUT")])).lines
    assert (line.status, line.bars[0].kind) == ("TIMEOUT", "failed")


def test_what_took_no_time_is_seen() -> None:
    (line,) = chart(Timeline(0, 10_000, [hop("decide", 10_000, 10_000)])).lines
    assert list(line.bars) == [Bar(WIDTH - LEAST, LEAST, "worked")]


def test_nothing_is_nothing() -> None:
    assert (chart(Timeline(0, 0, ())).lines, chart(Timeline(0, 0, ())).ticks) == ([], ())


@pytest.mark.parametrize("seed", range(20))
def test_whatever_clocks_say_bars_stay_on_the_axis(seed: int) -> None:
    dice = random.Random(seed)
    hops = [
        hop("image", start := dice.randint(-500, 2000), start + dice.randint(0, 900), dice.randint(0, 900), 3)
        for _ in range(20)
    ]
    for line in chart(Timeline(0, dice.randint(0, 1500), hops)).lines:
        for bar in line.bars:
            assert 0 <= bar.x <= WIDTH
            assert LEAST <= bar.width <= WIDTH


@pytest.mark.parametrize(("ms", "text"), [(0, "0 ms"), (9999, "9999 ms"), (12_340, "12.3 s")])
def test_spoken(ms: int, text: str) -> None:
    assert spoken(ms) == text

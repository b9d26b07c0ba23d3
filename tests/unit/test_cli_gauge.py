"""Progress goes to standard error: a bar on a terminal, lines elsewhere, and never into the results."""

import asyncio
import io
import sys

import pytest

from sluice.cli.gauge import Gauge


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no file behind it")


async def use(gauge: Gauge) -> None:
    async with gauge.shown():
        for _ in range(3):
            with gauge.aside(errors=False):
                sys.stdout.write("result\n")
            gauge.meter.count("ALLOW", 1e9)
            await asyncio.sleep(0)


def streams(monkeypatch: pytest.MonkeyPatch, out: io.StringIO, err: io.StringIO, term: str = "xterm") -> None:
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", term)


async def test_a_bar_beside_results_that_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = io.StringIO(), Terminal()
    streams(monkeypatch, out, err)
    await use(Gauge(3))
    assert out.getvalue() == "result\n" * 3
    drawn, _, rest = err.getvalue().rpartition("\r\x1b[K")
    assert drawn.startswith("\r\x1b[K")
    assert "of 3 answered" in drawn
    assert rest.startswith("sluice: 3 of 3 answered in ")
    assert rest.endswith("3 ALLOW, 0 not decided\n")


async def test_on_one_terminal_the_bar_makes_room_for_each_result(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Terminal()
    streams(monkeypatch, both, both)
    await use(Gauge(3))
    parts = both.getvalue().split("result\n")
    assert len(parts) == 4
    assert all(part.endswith("\r\x1b[K") for part in parts[:3])
    assert all("of 3 answered" in part for part in parts[1:])


@pytest.mark.parametrize(("err", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")])
async def test_elsewhere_there_is_no_bar(monkeypatch: pytest.MonkeyPatch, err: io.StringIO, term: str) -> None:
    streams(monkeypatch, io.StringIO(), err, term)
    await use(Gauge(3))
    assert "\x1b" not in err.getvalue()
    assert err.getvalue().count("\n") == 1


async def test_one_request_has_neither_bar_nor_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    err = Terminal()
    streams(monkeypatch, io.StringIO(), err)
    async with Gauge(1).shown():
        await asyncio.sleep(0)
    assert err.getvalue() == ""


async def test_it_sums_up_what_was_broken_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    err = Terminal()
    streams(monkeypatch, io.StringIO(), err)
    with pytest.raises(asyncio.CancelledError):
        async with Gauge(3).shown():
            raise asyncio.CancelledError
    assert err.getvalue().endswith("0 not decided, 3 not waited for\n")

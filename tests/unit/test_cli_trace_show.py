"""A trace on a terminal: at the widths that people have, and with what strangers may have written."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from sluice.cli.trace_show import show_trace
from sluice.trace.span import TraceSpan
from sluice.trace.tree import build_tree
from sluice.trace.words import duration
from tests.trace_samples import MS, REQUEST_ID, plain, seen

BAR = re.compile(r"[█·]+$")


def shown(spans: list[TraceSpan], width: int = 120, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, highlight=False, force_terminal=colour, color_system="standard" if colour else None
    )
    show_trace(console, build_tree(spans, REQUEST_ID), ["request R", "from a test"])
    return out.getvalue()


def name(line: str) -> str:
    """The span's, with its service."""
    return re.split(r"  +", line[2:].lstrip(" │├└"))[0]


def table(text: str) -> list[str]:
    """The lines between the two empty ones, without their head."""
    return text.split("\n\n")[1].splitlines()[1:]


@pytest.mark.parametrize("width", [80, 100, 200])
def test_every_line_of_the_tree_fits(width: int) -> None:
    lines = table(shown(seen(), width))
    assert len(lines) == 8 + 4 + 4
    assert all(len(line) <= width for line in lines)
    text = "\n".join(lines)
    for name in ("ingest request", "text-classifier process", "├ fetch", "└ batch", "orchestrator decide BLOCK"):
        assert name in text
    # Names are cut where they must be: --json has them whole.
    assert ("image-classifier process moderation.contents " in text) == (width > 80)
    assert ("image-classifier process moderation.conten… " in text) == (width <= 80)


@pytest.mark.parametrize("width", [1, 20, 40])
def test_a_narrow_terminal_breaks_nothing(width: int) -> None:
    assert "BLOCK" in shown(seen(), width)


def test_the_head_says_what_was_decided_and_when() -> None:
    head, request, where, *_ = shown(seen()).splitlines()
    assert head == "BLOCK  decided after 266 ms  whole trace 266 ms, 8 spans, 4 services"
    assert (request, where) == ("request R", "from a test")


def test_bars_lie_on_one_axis() -> None:
    lines = table(shown(seen(), 200))
    bars = {name(line): match.span() for line in lines if "waited" not in line and (match := BAR.search(line))}
    first = bars["ingest request"]
    text = bars["text-classifier process moderation.contents"]
    image = bars["image-classifier process moderation.contents"]
    decide = bars["orchestrator decide BLOCK"]
    assert first[1] - first[0] == 1
    assert first[0] < text[0] < text[1] < image[0] < image[1]
    assert image[1] - image[0] > 6 * (text[1] - text[0])
    assert max(bar[1] for bar in bars.values()) == decide[1] <= 200


def test_waits_have_a_line_and_the_critical_path_a_mark() -> None:
    lines = table(shown(seen()))
    waits = [line for line in lines if "waited" in line]
    assert [(line[0], name(line)) for line in waits] == [
        ("*", "waited in moderation.requests"),
        (" ", "waited in moderation.contents"),
        ("*", "waited in moderation.contents"),
        ("*", "waited for orchestrator decide"),
    ]
    marked = [line for line in lines if line.startswith("*")]
    assert not any("text-classifier" in line for line in marked)
    assert sum("image-classifier" in line for line in marked) == 1


def test_errors_batches_links_and_joins_are_said() -> None:
    text = shown(seen())
    for words in (
        "error: TIMEOUT",
        "in a batch of 2",
        "links to 1 span that is not in this trace",
        "joins text-classifier, image-classifier",
    ):
        assert words in text


def test_what_was_made_up_is_named_by_its_check_and_not_by_who_told() -> None:
    made_up = [
        replace(span, service="orchestrator", attributes={**span.attributes, "sluice.synthesised": True})
        for span in seen()
    ]
    assert "joins text, image" in shown(made_up)


def test_the_summary_says_where_the_time_went() -> None:
    last = shown(seen()).splitlines()[-1]
    assert last.startswith(
        "most of the time: waited in moderation.contents 122 ms (46 %); image-classifier batch 100"
    )


def test_colours_are_for_terminals() -> None:
    assert "\x1b" not in shown(seen())
    text = shown(seen(), colour=True)
    assert "\x1b[1;31mBLOCK" in text


def test_oddities_are_said() -> None:
    text = shown([plain(1, 0, 10, 20), plain(2, 1, 3, 5), plain(3, 99, 11, 12), plain(4, 4, 11, 12)])
    assert text.startswith("NO DECISION in this trace")
    assert "begins 7.0 ms before its parent: clocks differ" in text
    assert "its parent, span 0000000000000063, is not here" in text
    assert "it is its own ancestor" in text


def test_nothing_that_others_wrote_steers_the_terminal() -> None:
    evil = TraceSpan(
        "1" * 32,
        "1" * 16,
        "",
        "decide\x1b[2J\n\u202e[red]x\ud800",
        "svc\r\x07[bold]",
        "",
        0,
        5 * MS,
        {"messaging.destination.name": "\x1b]0;t\x07", "sluice.batch.size": "\x1b[1m"},
        error="\x1b[31m\nline",
    )
    text = shown([evil, plain(5, 1, 9, 10)])
    assert not set("\x1b\x07\r\u202e\ud800") & set(text)
    assert "[red]x" in text
    assert "decide\\x1b[2J\\n" in text


def test_deep_trees_stay_on_the_screen() -> None:
    text = shown([plain(number, number - 1, number, number + 1) for number in range(1, 400)], 80)
    assert "s399" in text
    assert all(len(line) <= 80 for line in table(text))


def test_times_far_apart_and_times_of_nothing_are_drawn() -> None:
    nothing = shown([plain(1, 0, 0, 0)])
    assert "whole trace 0.00 ms, 1 span, 1 service" in nothing
    assert table(nothing)[0].rstrip().endswith("█")
    ages = [TraceSpan("1" * 32, f"{at + 1:016x}", "", "s", "v", "", at, at) for at in (0, 2**62)]
    assert len(table(shown(ages))) == 2


def test_made_up_spans_are_counted() -> None:
    span = plain(1)
    made_up = replace(plain(2, 1), attributes={"sluice.synthesised": True})
    assert "1 of the spans was made up" in shown([span, made_up])
    assert "2 of the spans were made up" in shown([replace(made_up, span_id="5" * 16), made_up])
    assert "made up" not in shown([span])


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0.00 ms"),
        (420_000, "0.42 ms"),
        (12_340_000, "12.3 ms"),
        (240_000_000, "240 ms"),
        (9_999_000_000, "9999 ms"),
        (12_340_000_000, "12.3 s"),
        (-3_100_000, "-3.1 ms"),
    ],
)
def test_durations(ns: int, text: str) -> None:
    assert duration(ns) == text

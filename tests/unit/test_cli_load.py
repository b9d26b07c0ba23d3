"""`sluice load`, as far as it goes without a broker."""

from dataclasses import replace

import pytest
import typer

from sluice.cli.load_tell import show_rows
from sluice.cli.load_words import Words
from sluice.load.arrivals import Arrivals
from sluice.v1.request_pb2 import LANE_BULK

WORDS = Words(
    rate=(5.0, 20.0),
    ramp=None,
    keep_p95=5.0,
    steps=4,
    seconds=60.0,
    warm_up=10.0,
    mix="prompt=3,output=1",
    arrivals="constant",
    lane="bulk",
    deadline=2.5,
    grace=10.0,
    inline=False,
    distinct=2000,
    seed=None,
    late_limit_ms=100.0,
    idle=5.0,
    price_per_core_hour=0.04,
    ops=("ingest=127.0.0.1:9464",),
    read_back=False,
)


def test_words_become_options() -> None:
    options = WORDS.options(seed=7)
    assert (options.lane, options.arrivals, options.deadline) == (LANE_BULK, Arrivals.CONSTANT, 2.5)
    assert (options.seed, options.late_limit, options.mix.pictures) == (7, 0.1, True)
    assert replace(WORDS, seed=3).options(seed=7).seed == 3
    assert (WORDS.rates_of(), WORDS.ramp_of()) == ((5.0, 20.0), None)
    assert WORDS.addresses() == {"ingest": "127.0.0.1:9464"}


def test_a_ramp_is_two_rates() -> None:
    ramp = replace(WORDS, rate=(), ramp="0.5:20", steps=2).ramp_of()
    assert ramp is not None
    assert (ramp.low, ramp.high, ramp.steps) == (0.5, 20.0, 2)


def read(words: Words) -> None:
    """Everything that the command reads of its words."""
    words.options(seed=1)
    words.rates_of()
    words.ramp_of()
    words.addresses()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (replace(WORDS, rate=()), "--rate"),
        (replace(WORDS, ramp="1:2"), "--ramp"),
        (replace(WORDS, rate=(0.0,)), "--rate"),
        (replace(WORDS, rate=(), ramp="2:1"), "--ramp"),
        (replace(WORDS, rate=(), ramp="fast"), "--ramp"),
        (replace(WORDS, lane="slow"), "--lane"),
        (replace(WORDS, arrivals="uniform"), "--arrivals"),
        (replace(WORDS, mix="video"), "--mix"),
        (replace(WORDS, deadline=301.0), "--deadline"),
        (replace(WORDS, ops=("ingest",)), "--ops"),
    ],
)
def test_wrong_usage_ends_the_command_and_names_the_option(
    wrong: Words, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        read(wrong)
    assert caught.value.exit_code == 2
    assert named in capsys.readouterr().err


def test_tables_have_figures_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    import sys  # noqa: PLC0415 - the stream that capsys has put there

    show_rows(sys.stdout, [("name", "p50"), ("a long name", "7")])
    show_rows(sys.stdout, [])
    assert capsys.readouterr().out == "name         p50\na long name    7\n\n"

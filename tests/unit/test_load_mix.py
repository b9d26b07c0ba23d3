"""What is sent."""

import numpy as np
import pytest

from sluice.load.mix import KINDS, Kind, Mix, MixError


def test_weights_become_shares() -> None:
    assert Mix.parse("prompt=8,output=2").shares == {Kind.PROMPT: 0.8, Kind.OUTPUT: 0.2}


def test_a_kind_alone_is_everything() -> None:
    assert Mix.parse("edit").shares == {Kind.EDIT: 1.0}


def test_kinds_without_a_weight_are_left_out_of_what_is_needed() -> None:
    assert not Mix.parse("prompt,output=0").pictures
    assert Mix.parse("prompt,edit=0.001").pictures


@pytest.mark.parametrize(
    "text", ["", "video", "prompt,prompt", "prompt=-1", "prompt=x", "prompt=nan", "prompt=inf", "output=0"]
)
def test_what_is_no_mix_is_refused(text: str) -> None:
    with pytest.raises(MixError):
        Mix.parse(text)


def test_each_request_is_drawn_by_its_share() -> None:
    drawn = Mix.parse("prompt=3,output=1").draw(4000, seed=2)
    shares = np.bincount(drawn, minlength=len(KINDS)) / len(drawn)
    assert shares[KINDS.index(Kind.EDIT)] == 0
    # Four standard errors: 4 * sqrt(0.25 * 0.75 / 4000).
    assert abs(shares[KINDS.index(Kind.OUTPUT)] - 0.25) < 0.028

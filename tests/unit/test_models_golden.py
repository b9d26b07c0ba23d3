"""Golden outputs: pictures that never change, and a comparison that what is not a number fails."""

import hashlib
import math

import pytest

from sluice.errors import TerminalError
from sluice.models.fields import CardError, Fields
from sluice.models.golden import PICTURES, Golden, compare, read_golden

GOLDEN = Golden({"ramp": (0.25, 0.5)}, 0.1)


def test_the_pictures_are_the_same_bytes_everywhere() -> None:
    """Every card that has golden outputs depends on them."""
    found = {
        name: (draw().shape, hashlib.sha256(draw().tobytes()).hexdigest()[:16]) for name, draw in PICTURES.items()
    }
    assert found == {
        "ramp": ((192, 256, 3), "446834cbeb3a7c27"),
        "blocks": ((240, 320, 3), "858376d5b17823c9"),
    }


def test_what_is_near_enough_passes() -> None:
    compare(GOLDEN, "ramp", [0.3, 0.45])


@pytest.mark.parametrize("row", [[0.25, 0.7], [math.nan, 0.5], [0.25, math.inf]])
def test_what_is_off_does_not(row: list[float]) -> None:
    with pytest.raises(TerminalError, match="golden output for ramp is off by"):
        compare(GOLDEN, "ramp", row)


def test_another_number_of_outputs_does_not() -> None:
    with pytest.raises(TerminalError, match="has 2 values, the model gave 3"):
        compare(GOLDEN, "ramp", [0.25, 0.5, 0.25])


def test_it_is_read_from_a_card() -> None:
    assert read_golden(Fields({"tolerance": 0.1, "rows": {"ramp": [0.25, 0.5]}}, "card")) == GOLDEN


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"rows": {"ramp": [1]}}, "tolerance should be a number"),
        ({"tolerance": 0, "rows": {"ramp": [1]}}, "tolerance should be more than 0"),
        ({"tolerance": 1, "rows": {"blocks": [1]}}, "rows should be a row for ramp"),
        ({"tolerance": 1, "rows": {"ramp": [1], "cat": [1]}}, "rows should be a row for ramp"),
        ({"tolerance": 1}, "rows should be a row for ramp"),
        ({"tolerance": 1, "rows": {"ramp": ["x"]}}, r"rows\.ramp\.0 should be a number"),
    ],
)
def test_a_wrong_section_is_named(section: dict[str, object], message: str) -> None:
    with pytest.raises(CardError, match=message):
        read_golden(Fields(section, "card"))

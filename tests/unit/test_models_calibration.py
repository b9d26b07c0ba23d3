"""From labels to categories."""

import math

import pytest

from sluice.errors import TerminalError
from sluice.models import repository
from sluice.models.calibration import activate, combine
from tests.unit.model_files import MODELS

CARD = repository.load(MODELS, "nsfw_mobilenet")


@pytest.mark.parametrize(
    ("drawing", "hentai", "neutral", "porn", "sexy", "sexual", "drawn"),
    [
        (1, 0, 0, 0, 0, 0, 1),
        (0, 1, 0, 0, 0, 1, 1),
        (0, 0, 1, 0, 0, 0, 0),
        (0, 0, 0, 1, 0, 1, 0),
        (0, 0, 0, 0, 1, 0.25, 0),
        (0, 0.2, 0.2, 0.2, 0.4, 0.5, 0.2),
    ],
)
def test_the_formula_of_the_image_check(
    drawing: float, hentai: float, neutral: float, porn: float, sexy: float, sexual: float, drawn: float
) -> None:
    row = (drawing, hentai, neutral, porn, sexy)
    assert combine(CARD.scores, CARD.labels, row) == pytest.approx({"sexual": sexual})
    assert combine(CARD.signals, CARD.labels, row) == pytest.approx({"drawn": drawn, "photoreal": 1 - drawn})


def test_a_score_stays_within_0_and_1() -> None:
    assert combine({"x": {"a": 1, "b": 1}}, ("a", "b"), (1.0, 0.0009)) == {"x": 1.0}
    assert combine({"x": {"a": 1}}, ("a",), (-0.0005,)) == {"x": 0.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.1])
def test_what_is_no_probability_is_an_error_and_never_a_low_score(value: float) -> None:
    with pytest.raises(TerminalError, match="not numbers from 0 to 1"):
        combine({"x": {"a": 1}}, ("a", "b"), (value, 0.5))


def test_activations() -> None:
    assert activate("none", [0.2, 3.0]) == [0.2, 3.0]
    assert activate("sigmoid", [0.0, 2.0, -2.0, -1000.0, 1000.0]) == pytest.approx([0.5, 0.880797, 0.119203, 0, 1])
    assert activate("softmax", [1.0, 2.0, 3.0]) == pytest.approx([0.090031, 0.244728, 0.665241], abs=1e-6)
    assert activate("softmax", [-1e30, 1e30]) == [0.0, 1.0]


@pytest.mark.parametrize("kind", ["none", "softmax", "sigmoid"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_outputs_that_are_no_finite_numbers_are_an_error(kind: str, value: float) -> None:
    with pytest.raises(TerminalError, match="not finite numbers"):
        activate(kind, [0.0, value])

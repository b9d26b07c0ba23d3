"""The sections of a card that picture classifiers have, and what is said of wrong ones."""

from pathlib import Path
from typing import Any

import pytest

from sluice.models import card
from sluice.models.curves import Platt
from sluice.models.fields import CardError
from sluice.models.picture_input import PictureInput
from tests.unit.model_files import write_card
from tests.unit.packs import pack_card

GOLDEN = {"tolerance": 0.1, "rows": {"ramp": [0.5, 0.5]}}


def test_a_complete_pack_is_read(tmp_path: Path) -> None:
    changes = pack_card(activation="softmax", calibration={"sexual": {"slope": 2}}, golden=GOLDEN)
    found = card.load(write_card(tmp_path, "toy", **changes))
    assert found.picture == PictureInput(8, 8)
    assert (found.activation, found.calibration) == ("softmax", {"sexual": Platt(2, 0)})
    assert found.golden is not None
    assert found.golden.rows == {"ramp": (0.5, 0.5)}
    assert not found.added


def test_every_field_of_the_contract_counts(tmp_path: Path) -> None:
    section = {
        "size": [8, 16],
        "colour": "BGR",
        "layout": "NCHW",
        "fit": "crop",
        "short": 20,
        "resample": "bicubic",
        "fill": 7,
    }
    inputs = [{"name": "pixels", "dtype": "uint8", "shape": ["n", 3, 8, 16]}]
    found = card.load(write_card(tmp_path, "toy", picture=section, inputs=inputs))
    assert found.picture == PictureInput(8, 16, "BGR", "NCHW", "crop", 20, "bicubic", 7)


def test_other_cards_need_none_of_it(tmp_path: Path) -> None:
    found = card.load(write_card(tmp_path, "toy"))
    assert (found.picture, found.activation, found.calibration, found.golden) == (None, "none", {}, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"picture": {"size": [8], "fit": "stretch"}}, r"picture\.size should be \[height, width\]"),
        ({"picture": {"size": [8, 8.5], "fit": "stretch"}}, r"picture\.size should be"),
        ({"picture": {"size": [0, 8], "fit": "stretch"}}, r"picture\.size should be"),
        ({"picture": {"size": [8, 8]}}, r"picture\.fit should be a text"),
        ({"picture": {"size": [8, 8], "fit": "squash"}}, r"picture\.fit should be one of stretch, crop, letterbox"),
        ({"picture": {"size": [8, 8], "fit": "crop", "short": 7}}, r"picture\.short should be at least 8"),
        ({"picture": {"size": [8, 8], "fit": "stretch", "short": 9}}, r"picture\.short is not a field here"),
        ({"picture": {"size": [8, 8], "fit": "letterbox", "fill": 256}}, r"picture\.fill should be a whole number"),
        ({"picture": {"size": [8, 8], "fit": "stretch", "mean": [0]}}, r"picture\.mean is not a field here"),
        ({"picture": {"size": [9, 9], "fit": "stretch"}}, r"inputs should be one, uint8, \[n, 9, 9, 3\]"),
        (
            {"outputs": [{"name": "p", "dtype": "float32", "shape": ["n", 3]}]},
            r"outputs should be one, float32, \[n, 2\]",
        ),
        ({"scores": {"sexaul": {"cat": 1}}}, "scores should be categories of pictures; sexaul is none"),
        ({"scores": {"jailbreak": {"cat": 1}}}, "jailbreak is none"),
        ({"activation": "relu"}, "activation should be one of none, softmax, sigmoid"),
        ({"calibration": {"violence": {"slope": 1}}}, "calibration should be without violence"),
        ({"calibration": [1]}, "calibration should be a mapping"),
        ({"golden": {"tolerance": 0.1, "rows": {"ramp": [0.5]}}}, "golden should be rows of 2 values"),
    ],
)
def test_a_wrong_pack_names_the_field(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError, match=message):
        card.load(write_card(tmp_path, "toy", **pack_card(**changes)))


def test_golden_outputs_are_for_packs(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="golden should be there only beside a section `picture`"):
        card.load(write_card(tmp_path, "toy", golden=GOLDEN))

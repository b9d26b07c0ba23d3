"""preprocessor_config.json and options, as an input contract and what is put in front of the graph."""

from dataclasses import replace
from typing import Any

import pytest

from sluice.models.add.graph import Facts
from sluice.models.add.preprocessing import Normalise, contract, normalise
from sluice.models.add.wishes import AddError, Wishes
from sluice.models.picture_input import PictureInput

ANY = Facts(17, "pixel_values", "float32", "NCHW", None, None, "logits", "float32", 5)
FIXED = replace(ANY, height=224, width=224)
BYTES = replace(FIXED, dtype="uint8")
VIT = {"do_resize": True, "size": {"height": 224, "width": 224}, "resample": 2}
CLIP = {
    "size": {"shortest_edge": 224},
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "resample": 3,
}
BIT = {"size": {"shortest_edge": 448}, "do_center_crop": True, "crop_size": {"height": 448, "width": 448}}
RESNET = {"size": 256, "do_center_crop": True, "crop_size": 224}


@pytest.mark.parametrize(
    ("document", "wishes", "wanted"),
    [
        (VIT, Wishes(), PictureInput(224, 224)),
        (VIT | {"size": 384}, Wishes(), PictureInput(384, 384)),
        (CLIP, Wishes(), PictureInput(224, 224, fit="crop", short=224, resample="bicubic")),
        (BIT, Wishes(), PictureInput(448, 448, fit="crop", short=448)),
        (RESNET, Wishes(), PictureInput(224, 224, fit="crop", short=256)),
        (
            {"size": {"shortest_edge": 224}, "crop_pct": 0.875},
            Wishes(),
            PictureInput(224, 224, fit="crop", short=256),
        ),
        ({"size": {"shortest_edge": 384}, "crop_pct": 0.875}, Wishes(), PictureInput(384, 384)),
        (None, Wishes(size=(96, 128)), PictureInput(96, 128)),
        (
            VIT,
            Wishes(size=(96, 128), colour="BGR", resample="lanczos"),
            PictureInput(96, 128, "BGR", resample="lanczos"),
        ),
        (RESNET, Wishes(fit="stretch"), PictureInput(224, 224)),
        (VIT, Wishes(fit="letterbox"), PictureInput(224, 224, fit="letterbox")),
        (VIT, Wishes(fit="crop"), PictureInput(224, 224, fit="crop", short=256)),
        (RESNET, Wishes(size=(224, 224)), PictureInput(224, 224, fit="crop", short=256)),
    ],
)
def test_the_contract(document: dict[str, Any] | None, wishes: Wishes, wanted: PictureInput) -> None:
    assert contract(ANY, document, wishes) == wanted


def test_a_graph_of_a_fixed_size_says_it_itself() -> None:
    assert contract(FIXED, None, Wishes()) == PictureInput(224, 224)
    assert contract(replace(BYTES, layout="NCHW"), None, Wishes()) == PictureInput(224, 224, layout="NCHW")
    with pytest.raises(AddError, match="the graph takes 224 x 224 pixels, not 384 x 384"):
        contract(FIXED, VIT | {"size": 384}, Wishes())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "how large is the picture"),
        ({}, "how large is the picture"),
        (VIT | {"do_resize": False}, "how large is the picture"),
        ({"size": {"shortest_edge": 224}}, "keeps the shape of pictures"),
        ({"size": {"longest_edge": 224}}, "size should be {height, width} or {shortest_edge}"),
        ({"size": "large"}, "size should be"),
        (VIT | {"do_center_crop": True, "crop_size": 200}, "squeezes and then cuts"),
        (VIT | {"resample": 4}, "resample 4 is not understood"),
        (VIT | {"resample": [2]}, "is not understood"),
        (VIT | {"size": 1_000_000}, "is no size of 1 to 2048"),
        (VIT | {"size": 0}, "is no size of 1 to 2048"),
        (CLIP | {"size": 1_000_000}, "is no size of 1 to 2048"),
        (CLIP | {"crop_size": [224]}, "keeps the shape of pictures"),
    ],
)
def test_what_is_not_known_is_asked_for(document: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(AddError, match=message):
        contract(ANY, document, Wishes())


@pytest.mark.parametrize(
    ("document", "wishes", "white", "black"),
    [
        ({"image_mean": [0.5] * 3, "image_std": [0.5] * 3}, Wishes(), 1, -1),
        ({"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "rescale_factor": 1 / 255}, Wishes(), 2, -2),
        ({"do_normalize": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}, Wishes(), 1, 0),
        ({"do_rescale": False, "image_mean": [127.5] * 3, "image_std": [127.5] * 3}, Wishes(), 1, -1),
        ({}, Wishes(), 1, 0),
        (None, Wishes(mean=(0.5,) * 3, std=(0.5,) * 3), 1, -1),
        (None, Wishes(rescale=1.0), 255, 0),
        ({"image_mean": [9.0] * 3, "image_std": [9.0] * 3}, Wishes(mean=(0.0,) * 3, std=(1.0,) * 3), 1, 0),
    ],
)
def test_normalisation(document: dict[str, Any] | None, wishes: Wishes, white: float, black: float) -> None:
    found = normalise(ANY, document, wishes)
    assert found is not None
    assert [255 * scale - shift for scale, shift in zip(found.scale, found.shift, strict=True)] == pytest.approx(
        [white] * 3
    )
    assert [-shift for shift in found.shift] == pytest.approx([black] * 3)


def test_each_channel_has_its_own() -> None:
    found = normalise(ANY, {"image_mean": [0.1, 0.2, 0.3], "image_std": [1, 2, 4]}, Wishes())
    assert found == Normalise((1 / 255, 1 / 510, 1 / 1020), (0.1, 0.1, 0.075))


def test_a_graph_of_bytes_needs_none_and_takes_none() -> None:
    assert normalise(BYTES, {"image_mean": [1], "image_std": [1]}, Wishes()) is None
    with pytest.raises(AddError, match="so it normalises by itself"):
        normalise(BYTES, None, Wishes(mean=(0.5,) * 3))


@pytest.mark.parametrize(
    ("document", "wishes", "message"),
    [
        (None, Wishes(), "takes float32: how are pixels normalised"),
        ({"rescale_offset": True}, Wishes(), "rescale_offset, which is not understood"),
        ({"do_normalize": True}, Wishes(), "image_mean should be three numbers"),
        ({"image_mean": [0.5] * 3, "image_std": [0.5]}, Wishes(), "image_std should be three numbers"),
        ({"image_mean": [0.5] * 3, "image_std": [0.5, 0, 0.5]}, Wishes(), "should be more than 0"),
        ({"rescale_factor": "1/255"}, Wishes(), "rescale_factor should be a number above 0"),
        (None, Wishes(std=(0.0, 1.0, 1.0)), "should be more than 0"),
    ],
)
def test_normalisation_is_never_guessed(document: dict[str, Any] | None, wishes: Wishes, message: str) -> None:
    with pytest.raises(AddError, match=message):
        normalise(ANY, document, wishes)

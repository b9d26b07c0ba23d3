"""Adding a pack: what is written, what is refused, and that a refusal leaves nothing behind."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnxruntime import InferenceSession

from sluice.errors import NotReadyError
from sluice.models import classify, fit, golden, repository
from sluice.models.add.run import add, suggested_name
from sluice.models.add.source import find
from sluice.models.add.wishes import AddError, Wishes, read_share
from sluice.models.card import Card
from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from sluice.models.picture_input import PictureInput
from tests.unit.model_files import write_card
from tests.unit.test_models_triton import declared, expected
from tests.unit.vit import LABELS, network, write_folder

SHARES = (read_share("nude=sexual"), read_share("cartoon=drawn"))
NORMALISED: dict[str, Any] = {"mean": (0.5,) * 3, "std": (0.5,) * 3}


async def added(
    tmp_path: Path, folder: Path, replace: bool = False, lines: list[str] | None = None, **said: Any
) -> Card:
    wishes = Wishes(**{"shares": SHARES, **said})
    return await add(
        tmp_path / "models", find(folder), "house", wishes, replace, (lines if lines is not None else []).append
    )


async def test_a_folder_of_transformers_needs_nothing_but_a_map(tmp_path: Path) -> None:
    lines: list[str] = []
    card = await added(tmp_path, write_folder(tmp_path / "vit"), lines=lines)
    assert (card.name, card.version, card.labels, card.activation) == ("house", 1, LABELS, "softmax")
    assert card.picture == PictureInput(32, 32)
    assert (card.scores, card.signals) == ({"sexual": {"nude": 1}}, {"drawn": {"cartoon": 1}})
    assert "violence" in card.abstained
    assert card.added
    assert card.golden is not None
    assert card.golden.rows.keys() == golden.PICTURES.keys()
    assert repository.inspect(tmp_path / "models", "house").detail == ""
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"house"}
    assert any("running 5 pictures" in line for line in lines)
    assert str(tmp_path) not in (tmp_path / "models" / "house" / "card.yaml").read_text()


async def test_what_it_answers_is_what_the_network_answers(tmp_path: Path) -> None:
    """Through the file, the wrapping and the engine: the logits of the original for the normalised picture."""
    folder = write_folder(tmp_path / "vit")
    await added(tmp_path, folder)
    model = open_model(tmp_path / "models", "house", EngineSettings())
    pixels = fit.batch([golden.ramp()], classify.contract_of(model.card))
    floats = (pixels.astype(np.float32) / 255 - 0.5) / 0.5
    original = InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    (wanted,) = original.run(None, {"pixel_values": np.ascontiguousarray(floats.transpose(0, 3, 1, 2))})
    assert await classify.rows(model, pixels) == [pytest.approx(wanted[0].tolist(), abs=1e-5)]


async def test_triton_is_told_the_same(tmp_path: Path) -> None:
    card = await added(tmp_path, write_folder(tmp_path / "vit"))
    text = (tmp_path / "models" / "house" / "config.pbtxt").read_text()
    assert 'name: "house"' in text
    assert re.search(r"^max_batch_size: 16$", text, re.MULTILINE)
    assert (declared(text, "input"), declared(text, "output")) == (expected(card.inputs), expected(card.outputs))


async def test_a_bare_file_needs_the_rest_said(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(network(), path)
    for said, message in (
        ({}, "it gives 5 numbers per picture: say what they are"),
        ({"labels": ("a", "b")}, "the graph has 5 outputs per picture, and there are 2 labels"),
        ({"labels": ("a",) * 5}, "two labels are the same"),
        ({"labels": LABELS}, "how are pixels normalised"),
        ({"labels": LABELS, **NORMALISED}, "say|--activation softmax"),
        ({"labels": LABELS, **NORMALISED, "activation": "none"}, "not all from 0 to 1, so they are no probabilities"),
        ({"labels": LABELS, **NORMALISED, "size": (64, 64)}, "the graph takes 32 x 32 pixels, not 64 x 64"),
        ({"labels": LABELS, **NORMALISED, "shares": ()}, "The labels are: harmless, nude, gore, weapon, cartoon"),
        ({"labels": LABELS, "shares": (read_share("dog=sexual"),)}, "there is no label 'dog'"),
    ):
        with pytest.raises(AddError, match=message):
            await added(tmp_path, path, **said)
        assert list((tmp_path / "models").glob("*")) == []
    card = await added(tmp_path, path, labels=LABELS, activation="sigmoid", **NORMALISED)
    assert card.activation == "sigmoid"


async def test_a_network_that_gives_probabilities_gets_no_second_softmax(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "vit")
    model = network()
    model.graph.node.append(helper.make_node("Softmax", ["logits"], ["shares"], axis=-1))
    model.graph.output[0].name = "shares"
    onnx.save(model, folder / "model.onnx")
    assert (await added(tmp_path, folder)).activation == "none"
    other = folder_of(write_folder(tmp_path / "other", problem_type="multi_label_classification"), model)
    with pytest.raises(AddError, match="say --activation none if they are probabilities"):
        await added(tmp_path, other, replace=True)


def folder_of(folder: Path, model: onnx.ModelProto) -> Path:
    """The folder, with another graph."""
    onnx.save(model, folder / "model.onnx")
    return folder


def over_the_batch() -> onnx.ModelProto:
    """Batch normalisation left in training mode: a picture's logits depend on the others."""
    model = network()
    model.graph.node.append(helper.make_node("ReduceMean", ["logits"], ["mean"], axes=[0], keepdims=1))
    model.graph.node.append(helper.make_node("Add", ["logits", "mean"], ["moved"]))
    model.graph.output[0].name = "moved"
    return model


def fixed_inside() -> onnx.ModelProto:
    """An export whose batch axis varies by declaration alone: a reshape inside says 1."""
    model = network()
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.int64 and values.tolist() == [0, 32, 16]:
            tensor.CopyFrom(numpy_helper.from_array(np.array([1, 32, 16], np.int64), tensor.name))
    return model


def deaf() -> onnx.ModelProto:
    """The picture is multiplied by nothing."""
    model = network()
    zero = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
    model.graph.initializer.append(zero)
    model.graph.node.insert(0, helper.make_node("Mul", ["pixel_values", "zero"], ["silence"]))
    next(node for node in model.graph.node if node.op_type == "Conv").input[0] = "silence"
    return model


def not_numbers() -> onnx.ModelProto:
    model = network()
    model.graph.node.append(helper.make_node("Log", ["logits"], ["logs"]))
    model.graph.output[0].name = "logs"
    return model


def of_another_library() -> onnx.ModelProto:
    model = network()
    model.opset_import.append(helper.make_opsetid("example.custom", 1))
    model.graph.node.append(helper.make_node("Magic", ["logits"], ["magic"], domain="example.custom"))
    model.graph.output[0].name = "magic"
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (network(batch=1), "the graph takes exactly 1 pictures at a time. Export it again"),
        (over_the_batch(), "outputs change by .* with the pictures beside it"),
        (fixed_inside(), "it cannot run a batch of 2: .* Is a size fixed inside the graph"),
        (deaf(), "the same outputs for five different pictures"),
        (not_numbers(), "not finite numbers"),
        (network(labels=4), "the graph has 4 outputs per picture, and there are 5 labels"),
    ],
)
async def test_a_model_that_would_fail_later_is_refused_now(
    tmp_path: Path, model: onnx.ModelProto, message: str
) -> None:
    folder = folder_of(write_folder(tmp_path / "vit"), model)
    with pytest.raises(AddError, match=message):
        await added(tmp_path, folder)
    assert list((tmp_path / "models").glob("*")) == []


async def test_operators_that_the_engine_lacks_are_named(tmp_path: Path) -> None:
    folder = folder_of(write_folder(tmp_path / "vit"), of_another_library())
    with pytest.raises((AddError, NotReadyError), match=r"example\.custom"):
        await added(tmp_path, folder)


async def test_a_name_is_taken_once_and_replaced_only_when_asked(tmp_path: Path) -> None:
    first = await added(tmp_path, write_folder(tmp_path / "a"))
    other = write_folder(tmp_path / "b", seed=1)
    with pytest.raises(AddError, match="there is a model house already"):
        await added(tmp_path, other)
    second = await added(tmp_path, other, replace=True)
    assert (first.version, second.version) == (1, 2)
    assert first.files != second.files
    assert sorted(path.name for path in (tmp_path / "models" / "house").iterdir()) == [
        "2",
        "card.yaml",
        "config.pbtxt",
    ]
    with pytest.raises(AddError):
        await added(tmp_path, folder_of(other, deaf()), replace=True)
    assert repository.load(tmp_path / "models", "house") == second
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"house"}


async def test_models_of_the_product_are_not_replaced(tmp_path: Path) -> None:
    write_card(tmp_path / "models", "house")
    with pytest.raises(AddError, match="house is a model of the product"):
        await added(tmp_path, write_folder(tmp_path / "vit"), replace=True)


@pytest.mark.parametrize("name", ["House", "../house", "a b", "1st", "", "a" * 64])
async def test_names_are_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(AddError, match="should be small letters"):
        await add(tmp_path / "models", find(write_folder(tmp_path / "vit")), name, Wishes(), False, print)


def test_names_are_suggested_by_files_and_folders(tmp_path: Path) -> None:
    assert suggested_name(find(write_folder(tmp_path / "My ViT-2"))) == "my_vit_2"
    onnx.save(network(), tmp_path / "Gore.Net.onnx")
    assert suggested_name(find(tmp_path / "Gore.Net.onnx")) == "gore_net"
    nested = tmp_path / "hub-vit" / "onnx"
    nested.mkdir(parents=True)
    onnx.save(network(), nested / "model.onnx")
    assert suggested_name(find(tmp_path / "hub-vit")) == "hub_vit"
    with pytest.raises(AddError, match="--name"):
        suggested_name(find(write_folder(tmp_path / "42")))


async def test_what_a_cut_leaves_out_is_among_the_limits(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "vit")
    preprocessor = {"size": {"shortest_edge": 36}, "do_center_crop": True, "crop_size": 32, "image_mean": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor | {"image_std": [0.5] * 3}))
    card = await added(tmp_path, folder)
    assert card.picture == PictureInput(32, 32, fit="crop", short=36)
    assert any("edges is not looked at" in limit for limit in card.limits)
    assert not any("enlarged" in limit for limit in card.limits)

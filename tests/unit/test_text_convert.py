"""The encoder's graph against a plain NumPy version of the same network, with weights drawn at random."""

from math import erf
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
from safetensors.numpy import save_file

from sluice.errors import TerminalError
from sluice.models.convert.minilm import LAYERS, POOLED, WIDTH, convert, quantise

Array = npt.NDArray[Any]
WORDS = 50
INNER = 64


@pytest.fixture(scope="module")
def weights() -> dict[str, Array]:
    rng = np.random.default_rng(5)

    def draw(*shape: int) -> Array:
        return rng.normal(0, 0.05, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": draw(WORDS, WIDTH),
        "embeddings.position_embeddings.weight": draw(512, WIDTH),
        "embeddings.token_type_embeddings.weight": draw(2, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        squares = [f"{layer}.attention.self.{name}" for name in ("query", "key", "value")]
        shapes = dict.fromkeys([*squares, f"{layer}.attention.output.dense"], (WIDTH, WIDTH))
        shapes |= {f"{layer}.intermediate.dense": (INNER, WIDTH), f"{layer}.output.dense": (WIDTH, INNER)}
        for name, shape in shapes.items():
            found |= {f"{name}.weight": draw(*shape), f"{name}.bias": draw(shape[0])}
    for name in norms:
        found |= {f"{name}.weight": 1 + draw(WIDTH), f"{name}.bias": draw(WIDTH)}
    return found


@pytest.fixture(scope="module")
def session(weights: dict[str, Array], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("minilm")
    save_file(weights, folder / "model.safetensors")
    convert(folder / "model.safetensors", folder / "1" / "model.onnx")
    return onnxruntime.InferenceSession(folder / "1" / "model.onnx", providers=["CPUExecutionProvider"])


def embed(session: Any, ids: list[list[int]]) -> Array:
    longest = max(map(len, ids))
    padded = np.array([one + [0] * (longest - len(one)) for one in ids])
    mask = np.array([[1] * len(one) + [0] * (longest - len(one)) for one in ids])
    found: Array = session.run(["embedding"], {"input_ids": padded, "attention_mask": mask})[0]
    return found


def reference(weights: dict[str, Array], ids: list[int]) -> Array:
    """BERT as its paper describes it, one text at a time, in float64."""

    def linear(x: Array, name: str) -> Array:
        found: Array = x @ weights[f"{name}.weight"].T.astype(np.float64) + weights[f"{name}.bias"]
        return found

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        found: Array = scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
        return found

    words = weights["embeddings.word_embeddings.weight"][ids].astype(np.float64)
    places = weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(words + places + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    means: list[Array] = []
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        query, key, value = (
            linear(x, f"{layer}.attention.self.{name}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        raised = np.exp(query @ key.transpose(0, 2, 1) / 32**0.5)
        mixed = (raised / raised.sum(axis=-1, keepdims=True)) @ value
        joined = mixed.transpose(1, 0, 2).reshape(len(ids), WIDTH)
        x = norm(x + linear(joined, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = linear(x, f"{layer}.intermediate.dense")
        gelu = inner * 0.5 * (1 + np.vectorize(erf)(inner / 2**0.5))
        x = norm(x + linear(gelu, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        if index + 1 in POOLED:
            means.append(x.mean(axis=0) / np.linalg.norm(x.mean(axis=0)))
    found: Array = np.concatenate(means) / len(means) ** 0.5
    return found


def test_agrees_with_the_plain_network(session: Any, weights: dict[str, Array]) -> None:
    ids = [2, 7, 1, 8, 28, 18, 28, 45, 9]
    assert embed(session, [ids])[0] @ reference(weights, ids) > 0.999


def test_unquantised_it_is_the_plain_network(weights: dict[str, Array], tmp_path: Path) -> None:
    save_file(weights, tmp_path / "model.safetensors")
    convert(tmp_path / "model.safetensors", tmp_path / "model.onnx", quantised=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    ids = [2, 7, 1, 8, 28, 18, 28, 45, 9]
    assert np.allclose(embed(session, [ids])[0], reference(weights, ids), atol=1e-5)


def test_neighbours_and_padding_change_nothing(session: Any) -> None:
    short, long = [3, 5, 8], list(range(40))
    together = embed(session, [short, long])
    assert np.allclose(together[0], embed(session, [short])[0], atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_same_weights_give_the_same_bytes(weights: dict[str, Array], tmp_path: Path) -> None:
    save_file(weights, tmp_path / "model.safetensors")
    first, second = tmp_path / "a.onnx", tmp_path / "b.onnx"
    convert(tmp_path / "model.safetensors", first)
    convert(tmp_path / "model.safetensors", second)
    assert first.read_bytes() == second.read_bytes()


def test_quantised_weights_are_off_by_half_a_step_at_most() -> None:
    weight = np.random.default_rng(1).normal(size=(4, 64)).astype(np.float32)
    packed, scales = quantise(weight, 32)
    back = (packed.astype(np.float32) - 128) * scales[..., None]
    assert packed.shape == (4, 2, 32)
    assert np.all(np.abs(back - weight.reshape(4, 2, 32)) <= scales[..., None] * 0.501)


def test_says_which_tensor_is_missing(weights: dict[str, Array], tmp_path: Path) -> None:
    rest = {name: value for name, value in weights.items() if name != "embeddings.LayerNorm.bias"}
    save_file(rest, tmp_path / "model.safetensors")
    with pytest.raises(TerminalError, match=r"embeddings\.LayerNorm\.bias"):
        convert(tmp_path / "model.safetensors", tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_refuses_what_is_no_safetensors_file(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(TerminalError, match="not a safetensors file"):
        convert(tmp_path / "model.safetensors", tmp_path / "model.onnx")

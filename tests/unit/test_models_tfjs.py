"""Weights of TensorFlow.js: every storage form, and files that do not fit their manifest."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sluice.errors import TerminalError
from sluice.models.convert import tfjs


def weight(name: str = "w", shape: tuple[int, ...] = (2,), dtype: str = "float32", **more: Any) -> dict[str, Any]:
    return {"name": name, "shape": list(shape), "dtype": dtype, **more}


@pytest.mark.parametrize(
    ("described", "raw", "values"),
    [
        (weight(), struct.pack("<2f", 1.5, -2), [1.5, -2]),
        (weight(dtype="int32"), struct.pack("<2i", 7, -7), [7, -7]),
        (weight(quantization={"dtype": "uint8", "scale": 0.5, "min": -1}), bytes([0, 255]), [-1, 126.5]),
        (weight(quantization={"dtype": "uint16", "scale": 2, "min": 0}), struct.pack("<2H", 1, 65535), [2, 131070]),
        (weight(shape=()), struct.pack("<f", 3), 3),
    ],
)
def test_values(described: dict[str, Any], raw: bytes, values: Any) -> None:
    found = tfjs.decode([described], raw, "m")["w"]
    assert found.dtype == np.float32
    assert found.tolist() == values


@pytest.mark.parametrize(
    ("described", "raw", "message"),
    [
        (weight(), b"\0" * 7, "m: w runs past the end of the weights"),
        (weight(), b"\0" * 9, "m: 1 bytes of weights are left over"),
        (weight(dtype="complex64"), b"\0" * 16, "m: w is stored as complex64, which is unknown here"),
    ],
)
def test_what_does_not_fit_is_refused(described: dict[str, Any], raw: bytes, message: str) -> None:
    with pytest.raises(TerminalError, match=message):
        tfjs.decode([described], raw, "m")


def test_shards_are_joined_and_lie_beside_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(struct.pack("<f", 1))
    (tmp_path / "b").write_bytes(struct.pack("<f", 2))
    manifest = tmp_path / "m.json"
    manifest.write_text(json.dumps([{"paths": ["elsewhere/a", "b"], "weights": [weight()]}]))
    assert tfjs.load(manifest)["w"].tolist() == [1, 2]


def test_what_is_no_manifest(tmp_path: Path) -> None:
    manifest = tmp_path / "m.json"
    manifest.write_text("{}")
    with pytest.raises(TerminalError, match=r"m\.json is not a weights manifest"):
        tfjs.load(manifest)

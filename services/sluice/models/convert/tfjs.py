"""Weights as TensorFlow.js publishes them: a JSON manifest beside files of raw numbers.

A manifest's group lists `paths` (files that are joined) and `weights` (in the order in which they lie there). A
quantised tensor is stored as uint8 or uint16, and value = stored * scale + min in float32. Layouts are TensorFlow's.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.errors import TerminalError

STORED: Mapping[str, str] = {
    "uint8": "<u1",
    "uint16": "<u2",
    "float16": "<f2",
    "float32": "<f4",
    "int32": "<i4",
}
"""The manifest's word -> NumPy's, little-endian."""

Floats = npt.NDArray[np.float32]


def load(manifest: Path) -> dict[str, Floats]:
    """The tensors of a `*-weights_manifest.json`; its files lie beside it.

    Raises TerminalError for a file that is short, has bytes left over, or is not a manifest.
    """
    tensors: dict[str, Floats] = {}
    for group in _groups(json.loads(manifest.read_bytes()), manifest.name):
        raw = b"".join((manifest.parent / Path(path).name).read_bytes() for path in group["paths"])
        tensors.update(decode(group["weights"], raw, manifest.name))
    return tensors


def decode(weights: Sequence[Mapping[str, Any]], raw: bytes, source: str) -> dict[str, Floats]:
    """The tensors that a group's `weights` describe, from its joined bytes. `source` is for messages."""
    tensors: dict[str, Floats] = {}
    at = 0
    for weight in weights:
        name, shape = str(weight["name"]), [int(side) for side in weight["shape"]]
        how = weight.get("quantization")
        word = str((how or weight)["dtype"])
        if word not in STORED:
            raise TerminalError(f"{source}: {name} is stored as {word}, which is unknown here")
        kind = np.dtype(STORED[word])
        count = int(np.prod(shape, dtype=np.int64))
        if at + count * kind.itemsize > len(raw):
            raise TerminalError(f"{source}: {name} runs past the end of the weights")
        values = np.frombuffer(raw, kind, count, at).astype(np.float32)
        at += count * kind.itemsize
        if how:
            values = values * np.float32(how["scale"]) + np.float32(how["min"])
        tensors[name] = values.reshape(shape)
    if at != len(raw):
        raise TerminalError(f"{source}: {len(raw) - at} bytes of weights are left over")
    return tensors


def _groups(manifest: Any, source: str) -> Sequence[Mapping[str, Any]]:
    if isinstance(manifest, list) and all(isinstance(g, dict) and {"paths", "weights"} <= g.keys() for g in manifest):
        return manifest
    raise TerminalError(f"{source} is not a weights manifest of TensorFlow.js")

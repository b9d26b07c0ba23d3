"""Small stand-ins for published weights and for a model repository, made on the spot."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from sluice.settings import Reader, Settings, read_settings

MODELS = Path(__file__).parents[2] / "models"
"""The real repository; `make test` pulls it first."""

Shapes = dict[str, tuple[int, ...]]


def settings(models: Path = MODELS, **env: str) -> tuple[Settings, Reader]:
    """The settings of a service that would find its models there."""
    found = {"KAFKA_BOOTSTRAP_SERVERS": "nowhere:1", "SLUICE_MODELS": str(models), **env}
    reader = Reader(found)
    return read_settings(reader, found), reader


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_manifest(folder: Path, shapes: Shapes, name: str = "weights_manifest.json") -> Path:
    """Weights of these shapes, 8 bits each, as TensorFlow.js lays them out; the same numbers every time."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(7)
    weights, raw = [], b""
    for tensor, shape in shapes.items():
        raw += generator.integers(0, 256, shape, np.uint8).tobytes()
        how = {"dtype": "uint8", "scale": 0.001, "min": 0.01 if "variance" in tensor else -0.128}
        weights.append({"name": tensor, "shape": list(shape), "dtype": "float32", "quantization": how})
    (folder / "weights.bin").write_bytes(raw)
    path = folder / name
    path.write_text(json.dumps([{"paths": ["weights.bin"], "weights": weights}]))
    return path


def card(name: str, /, **changes: Any) -> dict[str, Any]:
    """A card as a document, complete; `changes` replace top-level fields, None takes one away."""
    document: dict[str, Any] = {
        "name": name,
        "version": 1,
        "title": "A toy",
        "licence": "Apache-2.0",
        "conversion": "none",
        "files": [{"name": "model.onnx", "sha256": sha256(b"model"), "size": 5, "origin": "trained"}],
        "inputs": [{"name": "pixels", "dtype": "uint8", "shape": ["n", 8, 8, 3]}],
        "outputs": [{"name": "p", "dtype": "float32", "shape": ["n", 2]}],
        "labels": ["cat", "dog"],
        "scores": {"sexual": {"cat": 0.5}},
        "signals": {"drawn": {"dog": 1}},
        "abstained": ["violence"],
        "thresholds": {"sexual": 0.5},
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def write_card(models: Path, name: str, /, **changes: Any) -> Path:
    """Puts a card where the repository looks for it."""
    path = models / name / "card.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(card(name, **changes)))
    return path


def write_model(models: Path, name: str, data: bytes = b"model") -> Path:
    """Puts a model file beside its card."""
    path = models / name / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path

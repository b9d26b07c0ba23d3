"""Where the model to add lies, and what the files beside it say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.models.add.wishes import AddError

CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
USUAL = ("model.onnx", "onnx/model.onnx")
MOST_JSON = 8 << 20

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """`config`, `preprocessor`: the files that transformers keeps beside a model; None where there are none.
    `origin`: for the card, without the folder that it happens to lie in."""

    model: Path
    config: Document | None
    preprocessor: Document | None
    origin: str


def find(path: Path, origin: str = "") -> Found:
    """The model in a file or folder. Raises AddError where there is none, or more than one."""
    model = _model_in(path) if path.is_dir() else path
    if not model.is_file():
        raise AddError(f"{path}: there is no such file or folder")
    folders = [path, model.parent] if path.is_dir() else [model.parent]
    return Found(model, _json(folders, CONFIG), _json(folders, PREPROCESSOR), origin or model.name)


def labels_of(config: Document) -> tuple[str, ...]:
    """`id2label` in order; empty where the file has none. Raises AddError where it is not one label per number."""
    names = config.get("id2label")
    if names is None:
        return ()
    if not isinstance(names, dict) or not all(isinstance(label, str) and label.strip() for label in names.values()):
        raise AddError(f"{CONFIG}: id2label should be a mapping of numbers to labels; say --labels")
    if names.keys() != {str(index) for index in range(len(names))}:
        raise AddError(f"{CONFIG}: the numbers of id2label are not 0 to {len(names) - 1}; say --labels")
    return tuple(names[str(index)].strip() for index in range(len(names)))


def activation_of(config: Document) -> str:
    """What transformers makes of a classifier's logits: sigmoid where labels are judged one by one, else softmax.
    Empty where that cannot be told: a single output is a probability in one model and an age in another."""
    kind = config.get("problem_type")
    if kind == "multi_label_classification":
        return "sigmoid"
    single = kind == "single_label_classification" or kind is None
    return "softmax" if single and len(labels_of(config)) > 1 else ""


def _model_in(folder: Path) -> Path:
    for name in USUAL:
        if (folder / name).is_file():
            return folder / name
    found = sorted(folder.glob("*.onnx"))
    if len(found) == 1:
        return found[0]
    if found:
        raise AddError(f"{folder} has {', '.join(path.name for path in found)}: name one of these files")
    raise AddError(f"{folder} has no .onnx file. Export the model to ONNX first, with a batch axis that may vary")


def _json(folders: list[Path], name: str) -> Document | None:
    for folder in folders:
        path = folder / name
        if not path.is_file():
            continue
        if path.stat().st_size > MOST_JSON:
            raise AddError(f"{name} is larger than {MOST_JSON >> 20} MiB")
        try:
            document = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise AddError(f"{name} is not JSON") from error
        if not isinstance(document, dict):
            raise AddError(f"{name} should hold an object")
        return document
    return None

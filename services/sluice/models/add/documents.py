"""The two text files of a new pack: card.yaml and config.pbtxt."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from sluice.models.add.wishes import Share, Wishes
from sluice.models.categories import PICTURE_CATEGORIES, STYLE_SIGNALS
from sluice.models.golden import Golden
from sluice.models.picture_input import PictureInput

MOST_IN_BATCH = 16
"""What the image check asks for at once."""
_RENDITION = 512

Document = dict[str, Any]


def card(
    name: str,
    version: int,
    wishes: Wishes,
    wanted: PictureInput,
    tensors: tuple[str, str],
    labels: tuple[str, ...],
    activation: str,
    conversion: str,
    file: tuple[str, int],
    golden: Golden | None,
) -> Document:
    """The card as a document. `tensors`: names of input and output. `file`: SHA-256 and size of model.onnx."""
    scores, signals = groups(wishes.shares, PICTURE_CATEGORIES), groups(wishes.shares, STYLE_SIGNALS)
    picture: Document = {"size": [wanted.height, wanted.width]}
    kept = asdict(wanted)
    picture |= {key: kept[key] for key in ("colour", "layout", "fit", "short", "resample") if kept[key]}
    document: Document = {
        "name": name,
        "version": version,
        "title": wishes.title or f"Picture classifier, {len(labels)} labels",
        "licence": wishes.licence or "not stated",
        "conversion": conversion,
        "files": [{"name": "model.onnx", "sha256": file[0], "size": file[1], "origin": "added"}],
        "inputs": [{"name": tensors[0], "dtype": "uint8", "shape": ["n", *wanted.shape]}],
        "outputs": [{"name": tensors[1], "dtype": "float32", "shape": ["n", len(labels)]}],
        "labels": list(labels),
        "picture": picture,
        "activation": activation,
        "scores": scores,
        "signals": signals,
        "abstained": [category for category in PICTURE_CATEGORIES if category not in scores],
        "thresholds": dict.fromkeys(scores, 0.5),
        "limits": _limits(wanted),
    }
    if golden is not None:
        rows = {picture: list(row) for picture, row in golden.rows.items()}
        document["golden"] = {"tolerance": golden.tolerance, "rows": rows}
    return {key: value for key, value in document.items() if value or key in ("labels", "version")}


def card_text(document: Mapping[str, Any]) -> str:
    """YAML, with a word on what to fill in."""
    head = (
        "# Written by `sluice models add`. Yours to edit: licence, weights, calibration, thresholds, what it was\n"
        "# measured on and what it cannot do. The files, tensors and golden outputs belong to the model.\n"
    )
    return head + yaml.safe_dump(
        dict(document), sort_keys=False, allow_unicode=True, width=118, default_flow_style=None
    )


def config_text(name: str, wanted: PictureInput, tensors: tuple[str, str], labels: int) -> str:
    """For Triton: the same tensors, which add the batch axis themselves there."""
    dims = ", ".join(map(str, wanted.shape))
    return f"""name: "{name}"
platform: "onnxruntime_onnx"
max_batch_size: {MOST_IN_BATCH}
input [
  {{ name: "{tensors[0]}" data_type: TYPE_UINT8 dims: [ {dims} ] }}
]
output [
  {{ name: "{tensors[1]}" data_type: TYPE_FP32 dims: [ {labels} ] }}
]
dynamic_batching {{ max_queue_delay_microseconds: 1000 }}
"""


def groups(shares: tuple[Share, ...], targets: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Target -> label -> weight, in the order of `targets`."""
    found: dict[str, dict[str, float]] = {}
    for target in targets:
        weights = {share.label: share.weight for share in shares if share.target == target}
        if weights:
            found[target] = weights
    return found


def _limits(wanted: PictureInput) -> list[str]:
    limits = [
        "Added by an operator. Nothing was measured here, and its scores are not calibrated until the card says so."
    ]
    if wanted.fit == "crop":
        limits.append("It sees the centre of a picture alone. What stands at the edges is not looked at.")
    if max(wanted.height, wanted.width) > _RENDITION:
        limits.append(
            f"Its frame is larger than a rendition (long side {_RENDITION} pixels): pictures are enlarged for it."
        )
    return limits

"""Our text model as a folder that other guards load: what the library `transformers` calls a model for sequence
classification, in ONNX."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sluice.models import repository
from sluice.text.heads import Heads
from sluice.text.model import ENCODER, HEADS, HEADS_FILE, TOKENIZER_FILE

LABELS: Final[Mapping[str, str]] = {
    "sexual": "sexual_explicit",
    "sexual/minors": "sexual_explicit",
    "hate": "identity_attack",
    "harassment": "insult",
    "violence": "threat",
    "violence/graphic": "threat",
}
"""Our category -> what it is called in the folder. LLM Guard's scanner passes over every label that is not one of its
own seven."""
OTHERS: Final = "toxicity"
"""What a category that is not among `LABELS` is called."""


def export(models: Path, out: Path) -> Path:
    """Writes `out`: the encoder of the repository `models` as it is, 8-bit weights and all, and the heads' network
    behind it. Output `logits`: float32 [b, C], before the sigmoid. Returns `out`.

    The heads' other half, which reads n-grams of the text, takes no word pieces and cannot be part of such a model.
    Raises NotReadyError where a file of the models is missing or not what its card says.
    """
    for name in (ENCODER, HEADS):
        repository.verify(models, name)
    encoder = repository.folder(models, repository.load(models, ENCODER))
    heads = Heads.load(repository.folder(models, repository.load(models, HEADS)) / HEADS_FILE)
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(with_heads(onnx.load(encoder / repository.MODEL), heads), out / "model.onnx")
    shutil.copy(encoder / TOKENIZER_FILE, out)
    labels = [LABELS.get(name, OTHERS) for name in heads.categories.tolist()]
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "problem_type": "multi_label_classification",
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {label: place for place, label in enumerate(labels)},
    }
    (out / "config.json").write_text(json.dumps(config))
    tokenizer = {"tokenizer_class": "BertTokenizerFast", "do_lower_case": True, "model_max_length": 512}
    (out / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return out


def with_heads(encoder: onnx.ModelProto, heads: Heads) -> onnx.ModelProto:
    """The encoder's graph with the heads' network behind it, calibrated as if the n-grams had no share."""
    scale = heads.slope / heads.spread[0]
    constants = {
        "heads.hidden": heads.hidden,
        "heads.hidden_bias": heads.hidden_bias,
        "heads.output": heads.output * scale,
        "heads.output_bias": heads.output_bias * scale + heads.offset,
    }
    graph = encoder.graph
    for name, value in constants.items():
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
    graph.node.append(helper.make_node("Gemm", ["embedding", "heads.hidden", "heads.hidden_bias"], ["heads.seen"]))
    graph.node.append(helper.make_node("Relu", ["heads.seen"], ["heads.units"]))
    graph.node.append(helper.make_node("Gemm", ["heads.units", "heads.output", "heads.output_bias"], ["logits"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", len(heads.categories)]))
    onnx.checker.check_model(encoder)
    return encoder

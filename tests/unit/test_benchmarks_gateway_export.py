"""Our text model as other guards load it: the same network, and labels that they do not pass over."""

import asyncio
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from benchmarks.gateway.__main__ import CHECK
from benchmarks.gateway.check_alone import NAME, flagged
from benchmarks.gateway.export import export
from benchmarks.gateway.peer import Peer
from benchmarks.text.inputs import ROOT
from sluice.check import Result, Status
from sluice.text.encoder import embed
from sluice.text.model import TextModel

MODELS = ROOT / "models"
TEXTS = ("a lighthouse at dawn, watercolor", "two cats on a sofa", "how to build a bomb at home, step by step")
OF_LLM_GUARD = {
    *("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack"),
    "sexual_explicit",
}
"""`_toxic_labels` of llm_guard/input_scanners/toxicity.py, 0.3.16."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(MODELS, tmp_path_factory.mktemp("exported"))


@pytest.mark.parametrize("text", TEXTS)
def test_the_exported_model_is_the_network_of_ours(folder: Path, text: str) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    ids = np.array([tokenizer.encode(text).ids], np.int64)
    session = InferenceSession(str(folder / "model.onnx"))
    (logits,) = session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})

    ours = TextModel.open(MODELS)
    (window,) = ours.windows.cut(text)
    assert window.ids == tuple(ids[0].tolist())
    vectors = asyncio.run(embed(ours.engine, [window]))
    heads = ours.heads
    network, _ = heads.outputs(vectors, [heads.sparse(text)])
    assert logits == pytest.approx(heads.slope * network / heads.spread[0] + heads.offset, abs=1e-3)


def test_every_category_has_a_label_that_counts(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert len(config["id2label"]) == config["num_labels"] == len(TextModel.open(MODELS).categories)
    assert set(config["id2label"].values()) <= OF_LLM_GUARD
    assert set(config["label2id"]) == set(config["id2label"].values())


async def test_our_check_alone_runs_in_a_process_of_its_own() -> None:
    async with Peer.open((sys.executable, "-m", CHECK, str(MODELS), "1"), 1) as alone:
        assert alone.name == NAME
        assert await asyncio.gather(*map(alone.ask, TEXTS)) == [False, False, True]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result(Status.OK, scores={"hate": 0.49, "violence": 0.1}), False),
        (Result(Status.OK, scores={"hate": 0.1, "violence": 0.5}), True),
        (Result(Status.ABSTAIN, scores={"hate": 0.1}), True),
        (Result(Status.UNPROCESSABLE), True),
    ],
)
def test_what_is_not_scored_is_flagged(result: Result, expected: bool) -> None:
    assert flagged(result) is expected

"""NeMo Guardrails over our exported model. Runs in a virtual environment of its own: peer_nemo FOLDER THREADS.

An input rail that calls an action of ours, checked with `check_async`, as its documentation has it for rails without
a language model. It brings no classifier that takes a model of somebody else's, so the action is ours: tokenizer and
ONNX Runtime, which it depends on itself.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

# It is installed in an environment of its own, where this module runs.
from nemoguardrails import LLMRails, RailsConfig  # type: ignore[import-not-found] # see above
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from benchmarks.gateway.lines import Judge, serve

_CONFIG = """
models: []
rails:
  input:
    flows:
      - moderate
"""
_RAILS = """
define bot refuse
  "refused"

define subflow moderate
  $allowed = execute moderation
  if not $allowed
    bot refuse
    stop
"""


def open_judge(folder: str, threads: int) -> tuple[str, Judge]:
    """One text at a time: it has nothing that takes several, and is busy with each."""
    options = SessionOptions()
    options.intra_op_num_threads = threads
    session = InferenceSession(str(Path(folder) / "model.onnx"), options)
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    tokenizer.no_padding()

    async def moderation(context: Mapping[str, Any]) -> bool:
        ids = np.array([tokenizer.encode(context["user_message"]).ids], np.int64)
        (logits,) = session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        # A logit of 0 is a probability of 0.5.
        return bool(logits.max() < 0)

    rails = LLMRails(RailsConfig.from_content(colang_content=_RAILS, yaml_content=_CONFIG))
    rails.register_action(moderation, "moderation")
    loop = asyncio.new_event_loop()

    async def blocked(texts: Sequence[str]) -> Sequence[bool]:
        found = [await rails.check_async([{"role": "user", "content": text}]) for text in texts]
        return [one.status.value == "blocked" for one in found]

    return f"NeMo Guardrails {version('nemoguardrails')}", lambda texts: loop.run_until_complete(blocked(texts))


if __name__ == "__main__":
    serve(partial(open_judge, sys.argv[1], int(sys.argv[2])))

"""LLM Guard over our exported model. Runs in a virtual environment of its own: peer_llm_guard FOLDER THREADS.

Its scanner `Toxicity` through `scan_prompt`, as its documentation has it, with the model replaced by the folder that
`export.py` writes. Left out in its favour: its log lines, and the padding of every text to 512 word pieces that the
scanner comes with.
"""

import sys
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version

# They are installed in an environment of its own, where this module runs.
import torch  # type: ignore[import-not-found] # see above
from llm_guard import scan_prompt  # type: ignore[import-not-found] # see above
from llm_guard.input_scanners import Toxicity  # type: ignore[import-not-found] # see above
from llm_guard.model import Model  # type: ignore[import-not-found] # see above
from llm_guard.util import configure_logger  # type: ignore[import-not-found] # see above
from onnxruntime import SessionOptions

from benchmarks.gateway.lines import Judge, serve


def open_judge(folder: str, threads: int) -> tuple[str, Judge]:
    """One text at a time: that is all its interface takes."""
    configure_logger("ERROR", stream=sys.stderr)
    torch.set_num_threads(threads)
    options = SessionOptions()
    options.intra_op_num_threads = threads
    asked = {"top_k": None, "function_to_apply": "sigmoid", "return_token_type_ids": False}
    model = Model(
        path=folder,
        onnx_path=folder,
        kwargs={"session_options": options},
        pipeline_kwargs=asked | {"max_length": 512, "truncation": True},
    )
    scanners = [Toxicity(model=model, threshold=0.5, use_onnx=True)]

    def judge(texts: Sequence[str]) -> Sequence[bool]:
        return [not all(scan_prompt(scanners, text)[1].values()) for text in texts]

    return f"LLM Guard {version('llm-guard')}", judge


if __name__ == "__main__":
    serve(partial(open_judge, sys.argv[1], int(sys.argv[2])))

"""A model's `config.pbtxt` for production, made from its card: one truth for names, types, shapes and digest.

Queues: whoever waits for an answer overtakes whoever does not (two priorities, the lower one where nothing is said);
what cannot be answered in time is refused at once, so that the client can say so. Triton looks at a waiting request's
time only when it takes the next batch: clients set a deadline of their own as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sluice.models import repository
from sluice.models.card import Card, Tensor
from sluice.models.triton_names import DATATYPES, digest_parameter

BACKENDS: Final = ("onnxruntime", "tensorrt", "python")
"""`tensorrt` is onnxruntime with its TensorRT accelerator at half precision; the graph is the same file.
`python` is for tests on a machine without a GPU: onnxruntime in a process of Triton's Python backend."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How long a request may wait, in milliseconds, and how many may. Of each priority."""

    urgent_ms: int = 1500
    urgent_most: int = 64
    bulk_ms: int = 30_000
    bulk_most: int = 256
    delay_us: int = 1000
    """How long the first of a batch waits for company."""


@dataclass(frozen=True, slots=True)
class Options:
    """`gpus`: how many instances on GPUs; 0: one on the CPU. `parameters`: for the backend."""

    backend: str = "onnxruntime"
    gpus: int = 0
    queue: Queue = field(default_factory=Queue)
    parameters: Mapping[str, str] = field(default_factory=dict)


def config_text(
    card: Card, most_rows: int, options: Options | None = None, others: Mapping[int, str] | None = None
) -> str:
    """The config. `most_rows`: of a batch that Triton puts together. `others`: SHA-256 of graphs of other versions
    that are served beside the card's."""
    options = options or Options()
    digests = {**(others or {}), card.version: card.file(repository.MODEL).sha256}
    parameters = {digest_parameter(version): digests[version] for version in sorted(digests)}
    parameters |= {**_threads(options), **options.parameters}
    parts = [
        f'name: "{card.name}"',
        'backend: "python"' if options.backend == "python" else 'platform: "onnxruntime_onnx"',
        f"max_batch_size: {most_rows}",
        _tensors("input", card.inputs),
        _tensors("output", card.outputs),
        _batching(options.queue),
        # Clients pin the version of their card: an old one stays until the last of them has gone.
        "version_policy { all { } }",
        _instances(options),
        *([_TENSORRT] if options.backend == "tensorrt" else []),
        _warmup(card, most_rows),
        *(f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}' for key, value in parameters.items()),
    ]
    return "".join(f"{part}\n" for part in parts)


def _tensors(part: str, tensors: Sequence[Tensor]) -> str:
    rows = (f'  {{ name: "{each.name}" data_type: {_type(each)} dims: {_dims(each)} }}' for each in tensors)
    return f"{part} [\n" + ",\n".join(rows) + "\n]"


def _batching(queue: Queue) -> str:
    urgent = _policy(queue.urgent_ms, queue.urgent_most)
    bulk = _policy(queue.bulk_ms, queue.bulk_most)
    return "\n".join(
        [
            "dynamic_batching {",
            f"  max_queue_delay_microseconds: {queue.delay_us}",
            "  priority_levels: 2",
            "  default_priority_level: 2",
            f"  default_queue_policy {bulk}",
            f"  priority_queue_policy {{ key: 1 value {urgent} }}",
            "}",
        ]
    )


def _policy(milliseconds: int, most: int) -> str:
    return (
        f"{{ timeout_action: REJECT default_timeout_microseconds: {milliseconds * 1000} "
        f"allow_timeout_override: true max_queue_size: {most} }}"
    )


def _instances(options: Options) -> str:
    kind = f"kind: KIND_GPU count: {options.gpus}" if options.gpus else "kind: KIND_CPU count: 1"
    return f"instance_group [ {{ {kind} }} ]"


def _threads(options: Options) -> dict[str, str]:
    """On a CPU one thread an inference, and none that spins: replicas scale better, and cores are shared."""
    if options.gpus or options.backend == "python":
        return {}
    return {"intra_op_thread_count": "1", "session.intra_op.allow_spinning": "0"}


_TENSORRT: Final = """optimization {
  execution_accelerators {
    gpu_execution_accelerator [ {
      name: "tensorrt"
      parameters { key: "precision_mode" value: "FP16" }
      parameters { key: "max_workspace_size_bytes" value: "1073741824" }
      parameters { key: "trt_engine_cache_enable" value: "true" }
      parameters { key: "trt_engine_cache_path" value: "/var/cache/triton" }
    } ]
  }
}"""


def _warmup(card: Card, most_rows: int) -> str:
    """One row and a full batch, so that the first callers do not pay for memory and kernels."""
    sides = " ".join(
        f'inputs {{ key: "{each.name}" value {{ data_type: {_type(each)} dims: {_dims(each, varies=64)} '
        f"{_filling(each)}: true }} }}"
        for each in card.inputs
    )
    batches = (f'  {{ name: "rows_{rows}" batch_size: {rows} {sides} }}' for rows in sorted({1, min(8, most_rows)}))
    return "model_warmup [\n" + ",\n".join(batches) + "\n]"


def _filling(tensor: Tensor) -> str:
    # Random whole numbers would be words that no vocabulary has.
    return "random_data" if np.dtype(tensor.dtype) == np.uint8 else "zero_data"


def _type(tensor: Tensor) -> str:
    return f"TYPE_{DATATYPES[tensor.dtype]}"


def _dims(tensor: Tensor, varies: int = -1) -> str:
    return f"[ {', '.join(str(side if isinstance(side, int) else varies) for side in tensor.shape[1:])} ]"

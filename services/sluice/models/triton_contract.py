"""Whether a server's model is the card's: names, types, shapes, and the digest of the weights."""

from collections.abc import Sequence
from typing import Any

from tritonclient.grpc import model_config_pb2 as config_pb

from sluice.errors import NotReadyError
from sluice.models import repository
from sluice.models.card import Card, Tensor
from sluice.models.triton_names import DATATYPES, digest_parameter


def check(card: Card, config: config_pb.ModelConfig) -> int:
    """The most rows that one request may have. Raises NotReadyError where the server serves something else."""
    problems = [*_tensors("input", card.inputs, config.input), *_tensors("output", card.outputs, config.output)]
    if config.name != card.name:
        problems.append(f"it is called {config.name}")
    if config.max_batch_size < 1:
        problems.append("it takes no batches")
    wanted = card.file(repository.MODEL).sha256
    name = digest_parameter(card.version)
    found = config.parameters[name].string_value if name in config.parameters else ""
    if not found:
        problems.append(f"its config has no {name}: make the repository with sluice.models.triton_repository")
    elif found != wanted:
        problems.append(f"its weights have SHA-256 {found[:12]}..., not the card's {wanted[:12]}...")
    if problems:
        raise NotReadyError(f"model {card.name} on Triton is not the card's: {'; '.join(problems)}")
    return int(config.max_batch_size)


def _tensors(part: str, wanted: Sequence[Tensor], found: Sequence[Any]) -> list[str]:
    """Triton's dims leave the first axis out, the batch; a side that varies is -1."""
    here = {tensor.name: (config_pb.DataType.Name(tensor.data_type), tuple(tensor.dims)) for tensor in found}
    problems = []
    for tensor in wanted:
        dims = tuple(side if isinstance(side, int) else -1 for side in tensor.shape[1:])
        told = (f"TYPE_{DATATYPES[tensor.dtype]}", dims)
        if here.get(tensor.name) != told:
            problems.append(f"{part} {tensor.name} should be {told[0]} {list(dims)}")
    if extra := sorted(here.keys() - {tensor.name for tensor in wanted}):
        problems.append(f"{part} {extra[0]} is not on the card")
    return problems

"""A model that is verified and loaded: what a check holds."""

from dataclasses import dataclass
from pathlib import Path

from sluice.check import ModelInfo
from sluice.models import repository
from sluice.models.card import Card
from sluice.models.engine import Engine, EngineSettings
from sluice.models.onnx_engine import OnnxEngine
from sluice.models.timed import timed


@dataclass(frozen=True, slots=True)
class Model:
    """Its card, what a verdict says of it, and what runs it."""

    card: Card
    info: ModelInfo
    engine: Engine


def open_model(models: Path, name: str, settings: EngineSettings) -> Model:
    """Compares the files with the card, then loads the graph, or leaves it to Triton where that is set.

    Raises NotReadyError with the command that mends it.
    """
    if settings.triton is not None:
        from sluice.models.triton_open import open_engine  # noqa: PLC0415 - its client is an extra

        card = repository.load(models, name)
        return Model(card, repository.info(card), timed(open_engine(models, card, settings, settings.triton), name))
    info = repository.verify(models, name)
    card = repository.load(models, name)
    path = repository.folder(models, card) / repository.MODEL
    return Model(card, info, timed(OnnxEngine.open(path, settings), name))

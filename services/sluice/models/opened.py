"""A model that is verified and loaded: what a check holds."""

from dataclasses import dataclass
from pathlib import Path

from sluice.check import ModelInfo
from sluice.models import repository
from sluice.models.card import Card
from sluice.models.engine import Engine, EngineSettings
from sluice.models.onnx_engine import OnnxEngine


@dataclass(frozen=True, slots=True)
class Model:
    """Its card, what a verdict says of it, and what runs it."""

    card: Card
    info: ModelInfo
    engine: Engine


def open_model(models: Path, name: str, settings: EngineSettings) -> Model:
    """Compares the files with the card, then loads the graph.

    Raises NotReadyError with the command that mends it.
    """
    info = repository.verify(models, name)
    card = repository.load(models, name)
    path = repository.folder(models, card) / repository.MODEL
    return Model(card, info, OnnxEngine.open(path, settings))

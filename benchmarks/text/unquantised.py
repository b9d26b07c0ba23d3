"""The encoder as published, in 32 bits, kept in a cache: built from the weights that its card names by digest."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from sluice.cli.tell import say
from sluice.models import repository
from sluice.models.card import CARD
from sluice.models.convert import minilm
from sluice.models.pull import MIRROR, Puller
from sluice.text.model import ENCODER


def unquantised(models: Path, cache: Path) -> Path:
    """The ONNX file for the encoder of the repository `models`, from `cache` or through the card's sources.

    Raises PullError where no source has the weights.
    """
    card = repository.load(models, ENCODER)
    # Another graph, or other weights, have another digest; the engine names a model by the folder above its version.
    graph = next(file.sha256 for file in card.files if file.name == repository.MODEL)
    built = cache / f"{ENCODER}-{graph[:12]}-fp32" / "1" / repository.MODEL
    if built.exists():
        return built

    def both(folder: Path, out: Path) -> None:
        minilm.convert(folder / "model.safetensors", out)
        minilm.convert(folder / "model.safetensors", built, quantised=False)

    with TemporaryDirectory(prefix="sluice-benchmark-") as scratch:
        # A repository of its own, where the encoder is not ready yet: so it is pulled and checked as ever.
        mine = Path(scratch) / "models"
        (mine / ENCODER).mkdir(parents=True)
        shutil.copy(models / ENCODER / CARD, mine / ENCODER)
        mirror = os.environ.get(MIRROR, "")
        Puller(mine, Path(scratch) / "work", say, mirror, converters={card.converter: both}).pull(ENCODER)
    return built

"""Opening a model that Triton runs: what must be here, and what the server will be held to."""

from pathlib import Path

from sluice.errors import NotReadyError
from sluice.models import canary, repository
from sluice.models.canary import Canary
from sluice.models.card import Card
from sluice.models.engine import Engine, EngineSettings
from sluice.models.fallback import FallbackEngine
from sluice.models.held import hold
from sluice.models.onnx_engine import OnnxEngine
from sluice.models.triton_engine import TritonEngine
from sluice.models.triton_settings import TritonSettings


def open_engine(models: Path, card: Card, settings: EngineSettings, triton: TritonSettings) -> Engine:
    """Connects to nothing yet: the first call or probe does.

    The graph may be missing here, as Triton has it; every other file of the card (a tokenizer, a list of characters)
    must be there. Where the graph is here too, its answer to the canary is what Triton's is compared with. Raises
    NotReadyError, also where there is no graph for a fallback that was asked for.
    """
    folder = repository.folder(models, card)
    graph = folder / repository.MODEL
    for file in card.files:
        path = folder / file.name
        needed = file.name != repository.MODEL or triton.cpu_fallback
        if (needed or path.is_file()) and not (path.is_file() and repository.digest(path) == file.sha256):
            raise NotReadyError(
                f"model {card.name}: {file.name} is missing or not the file that its card names; "
                f"run: sluice models pull {card.name}"
            )
    local = OnnxEngine.open(graph, settings) if graph.is_file() else None
    known = canary.of_card(card)
    if local is not None and known.golden is None:
        known = Canary(known.question, local.answer(known.question))
    first = TritonEngine(card, triton, known)
    if local is None or not triton.cpu_fallback:
        hold(first)
        return first
    both = FallbackEngine(first, local, known)
    hold(both)
    return both

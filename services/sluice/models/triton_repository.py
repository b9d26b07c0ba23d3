"""Makes a model repository for a Triton server, of files that are what their cards name:

    python -m sluice.models.triton_repository OUT [--models DIR] [--backend onnxruntime] [--gpus N]
        [--configs-only] [NAME...]

    OUT/<name>/config.pbtxt
    OUT/<name>/<version>/model.onnx

A version folder is written once and never changed: another graph is another version on another card. Versions that
are there already stay and are served beside the new one, until somebody takes their folder away.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluice.errors import NotReadyError
from sluice.models import repository
from sluice.models.card import Card
from sluice.models.triton_config import BACKENDS, Options, config_text
from sluice.settings import default_models, sluice_home

_MOST_ROWS = re.compile(r"^max_batch_size: ([1-9]\d*)$", re.MULTILINE)


def graphs(models: Path) -> tuple[str, ...]:
    """Models that a server can run: those with a graph."""
    cards = (repository.load(models, name) for name in repository.names(models))
    return tuple(card.name for card in cards if repository.MODEL in {file.name for file in card.files})


def config_of(
    models: Path, card: Card, options: Options | None = None, others: Mapping[int, str] | None = None
) -> str:
    """The production config. Its batch size is that of `config.pbtxt` beside the card. Raises NotReadyError."""
    path = models / card.name / "config.pbtxt"
    found = _MOST_ROWS.search(path.read_text()) if path.is_file() else None
    if found is None:
        raise NotReadyError(f"model {card.name}: {path} has no line `max_batch_size: N`")
    return config_text(card, int(found[1]), options, others)


def write_config(models: Path, name: str, out: Path, options: Options | None = None) -> Path:
    """Writes a model's config and nothing else; returns its version folder, which may not be there."""
    card = repository.load(models, name)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    served = {int(path.parent.name): path for path in folder.glob(f"[0-9]*/{repository.MODEL}")}
    others = {version: repository.digest(path) for version, path in served.items() if version != card.version}
    (folder / "config.pbtxt").write_text(config_of(models, card, options, others))
    return folder / str(card.version)


def write_model(models: Path, name: str, out: Path, options: Options | None = None) -> Path:
    """Writes config and graph; returns the version folder. Raises NotReadyError where the graph is not the card's, or
    the folder has another one: Triton must never read a file that changes."""
    card = repository.load(models, name)
    graph = repository.folder(models, card) / repository.MODEL
    wanted = card.file(repository.MODEL).sha256
    version = out / name / str(card.version)
    target = version / repository.MODEL
    if target.is_file() and repository.digest(target) != wanted:
        raise NotReadyError(f"{target} is another graph than the card's: give the new one another version")
    if not target.is_file():
        version.mkdir(parents=True, exist_ok=True)
        partial = version / f".{repository.MODEL}.{os.getpid()}.partial"
        try:
            if graph.is_file():
                shutil.copyfile(graph, partial)
            # The copy is what is compared: it is what the server will read.
            if not partial.is_file() or repository.digest(partial) != wanted:
                raise NotReadyError(
                    f"model {name}: {graph} is missing or not the card's; run: sluice models pull {name}"
                )
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return write_config(models, name, out, options)


def main(argv: Sequence[str]) -> int:
    """The command. Exit status 1 where a model cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sluice.models.triton_repository")
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--models", type=Path, default=default_models(sluice_home(os.environ)))
    parser.add_argument("--backend", choices=BACKENDS[:2], default=BACKENDS[0])
    parser.add_argument("--gpus", type=int, default=0, help="instances on GPUs of each model; 0: one on the CPU")
    parser.add_argument("--configs-only", action="store_true", help="no graphs")
    found = parser.parse_intermixed_args(argv)
    options = Options(backend=found.backend, gpus=found.gpus or int(found.backend == "tensorrt"))
    write = write_config if found.configs_only else write_model
    try:
        for name in found.names or graphs(found.models):
            write(found.models, name, found.out, options)
            sys.stdout.write(f"{name}\n")
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

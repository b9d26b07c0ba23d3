"""Which store a command is about, and the options that several commands share."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from sluice.cli.tell import refuse
from sluice.hashes.banks import SLUG, Bank
from sluice.hashes.change import HashStoreError
from sluice.hashes.store import described
from sluice.settings import Reader, sluice_home

Store = Annotated[
    Path | None, typer.Option("--store", metavar="DIR", help="Default: SLUICE_HASHES, else hashes/ in SLUICE_HOME.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON, also on a terminal.")]
Threads = Annotated[int, typer.Option(min=1, max=64, help="Tables that are sorted at once.")]


P = ParamSpec("P")
T = TypeVar("T")


def told(command: Callable[P, T]) -> Callable[P, T]:
    """The command, of which no error of the system is a bug: a full disk, a file that is gone, a missing right."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise HashStoreError(f"{where}{error.strerror or type(error).__name__}") from error

    return run


def store_folder(given: Path | None) -> Path:
    """The folder. Ends the command where there is none."""
    found = given or Reader(os.environ).path("SLUICE_HASHES", sluice_home(os.environ) / "hashes")
    if not found.is_dir():
        refuse(f"{found} is not a folder: make it, and a banks.yaml in it (docs/known-content.md)")
    return found.absolute()


def banks_of(folder: Path, *names: str) -> Mapping[str, Bank]:
    """The store's banks. Ends the command where one of these names is none of them."""
    banks = described(folder)
    for name in names:
        if not SLUG.fullmatch(name) or name not in banks:
            refuse(f"{folder / 'banks.yaml'} describes no bank called {name[:63]!r}: {', '.join(banks)}")
    return banks

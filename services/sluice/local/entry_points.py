"""The services that are installed: the entry-point group `sluice.services`. The kit knows none of them by import."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from sluice.errors import TerminalError

GROUP: Final = "sluice.services"
OPTIONAL: Final[Mapping[str, str]] = {"policy-shadow": "SLUICE_SHADOW_POLICY"}
"""Services that a stack has only where this variable says what for."""
HTTP_DOORS: Final[Mapping[str, str]] = {"provenance": "SLUICE_PROVENANCE_HTTP"}
"""Services that also answer the world over HTTP, and the variable that says where."""
Main = Callable[[Mapping[str, str]], int]
"""A service's main: the environment in, the process's exit status out."""


def service_names() -> list[str]:
    """Every installed service, in alphabetical order."""
    return sorted(_found())


def service_commands(without: Sequence[str] = (), env: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The command line of each service of a stack, but for those named. TerminalError for a name of none.

    `env`: of the stack; an optional service is there where its variable is set.
    """
    names = service_names()
    _check(without, names)
    unwanted = {name for name, variable in OPTIONAL.items() if not (env or {}).get(variable, "")}
    return {
        name: [sys.executable, "-m", "sluice.cli.main", "serve", name]
        for name in names
        if name not in without and name not in unwanted
    }


def load_service(name: str) -> Main:
    """Imports a service's main. Raises TerminalError, with the names there are, for one that is not installed."""
    found = _found()
    _check([name], sorted(found))
    main: Main = found[name].load()
    return main


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _check(names: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise TerminalError(f"no service is called {unknown[0]!r}; there are: {', '.join(known)}")

"""The services that are installed: the entry-point group `sluice.services`. The kit knows none of them by import."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Final

from sluice.errors import TerminalError

GROUP: Final = "sluice.services"
OPTIONAL: Final[Mapping[str, str]] = {"policy-shadow": "SLUICE_SHADOW_POLICY"}
"""Services that a stack has only where this variable says what for."""
HTTP_DOORS: Final[Mapping[str, str]] = {"provenance": "SLUICE_PROVENANCE_HTTP", "gateway": "SLUICE_GATEWAY_ADDRESS"}
"""Services that also answer the world over HTTP, and the variable that says where."""
HTTP_WORDS: Final[Mapping[str, str]] = {"provenance": "Soft Binding API", "gateway": "OpenAI-compatible API"}
"""What is spoken there, for people."""
ASKS: Final[Mapping[str, Mapping[str, str]]] = {
    "gateway": {"SLUICE_ORCHESTRATOR_ADDRESS": "orchestrator", "SLUICE_INGEST_ADDRESS": "ingest"}
}
"""Services that ask others over gRPC: the variable that says where, and whom. In a stack without one of those they
are left out, too."""
EXTRAS: Final[Mapping[str, str]] = {"gateway": "fastapi"}
"""Services of an extra, and a module that it brings. A stack has them where that is installed."""
REPORTER: Final = "reporter"
"""The service that `sluice incidents` asks, and that reports to a tip line."""
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
    away = {name for name, variable in OPTIONAL.items() if not (env or {}).get(variable, "")}
    away |= {name for name, module in EXTRAS.items() if find_spec(module) is None}
    away |= {name for name, asked in ASKS.items() if not away.union(without).isdisjoint(asked.values())}
    return {
        name: [sys.executable, "-m", "sluice.cli.main", "serve", name]
        for name in names
        if name not in without and name not in away
    }


def with_asked(names: Sequence[str]) -> list[str]:
    """These services, in their order, and behind them those whom they ask."""
    asked = [other for name in names for other in ASKS.get(name, {}).values()]
    return list(dict.fromkeys([*names, *asked]))


def told_where(name: str, addresses: Mapping[str, str]) -> dict[str, str]:
    """The variables that say to a service where those are whom it asks. `addresses`: of gRPC doors, by service."""
    return {variable: addresses[asked] for variable, asked in ASKS.get(name, {}).items() if asked in addresses}


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

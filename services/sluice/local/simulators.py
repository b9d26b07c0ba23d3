"""Stand-ins for services of others, as children of the stack: the CyberTipline, so that a report goes to nobody.

They lie in a checkout (`deploy/simulators`), not in a wheel. They forget everything when they end.
"""

import os
import sys
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from sluice.errors import ConfigError, NotReadyError
from sluice.local.health import Health
from sluice.local.ports import LOOPBACK, free_ports, listens
from sluice.local.process import Process, stop_all
from sluice.local.state import ServiceAt
from sluice.local.supervise import Kept
from sluice.settings import checkout, split_address

CYBERTIPLINE: Final = "cybertipline"
URL: Final = "SLUICE_TIPLINE_URL"

_BASE: Final = "/ispws"
_CONTROL: Final = "/_simulator/reports"
_MODULE: Final = "deploy.simulators.cybertipline"
_LOGIN: Final = "simulator"
"""Its user and its password: it guards nothing."""
_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 3.0
_WITHOUT: Final = "reports wait meanwhile; those that it had are forgotten"
_FOR_ANOTHER: Final = frozenset(
    {
        "SLUICE_TIPLINE_USER",
        "SLUICE_TIPLINE_USER_FILE",
        "SLUICE_TIPLINE_PASSWORD",
        "SLUICE_TIPLINE_PASSWORD_FILE",
        "SLUICE_TIPLINE_CA",
        "SLUICE_TIPLINE_SIMULATOR",
    }
)
"""What was set for a tip line whose address is not: no credentials of anybody's go to a simulator."""
_IDENTITY: Final[Mapping[str, str]] = {
    "SLUICE_REPORTER_FIRST_NAME": "Simulated",
    "SLUICE_REPORTER_LAST_NAME": "Reporter",
    "SLUICE_REPORTER_EMAIL": "reporter@example.com",
    "SLUICE_REPORTER_SERVICE": "Sluice, simulated",
    "SLUICE_REPORTER_GATHER_SECONDS": "5",
}


def simulators_folder(env: Mapping[str, str]) -> Path:
    """The checkout that the simulators lie in.

    Raises ConfigError where the environment names a tip line of its own, NotReadyError where there is no checkout.
    """
    if env.get(URL, ""):
        raise ConfigError(
            [f"{URL} is set: with --with-simulators reports go to the simulator, so unset it, or leave that out"]
        )
    root = checkout()
    if root is None or not (root / "deploy" / "simulators" / CYBERTIPLINE).is_dir():
        raise NotReadyError(
            "the simulators are in no wheel: run `sluice up --with-simulators` in a checkout of Sluice, "
            f"or start one there (`python -m {_MODULE}`) and set {URL} here"
        )
    return root


def reporter_told(address: str, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a reporter whose tip line is the simulator at `address` ("http://host:port").

    Who reports, and how long incidents wait for each other (5 s), stays as the caller set it.
    """
    kept = {name: value for name, value in env.items() if value and name not in _FOR_ANOTHER}
    login = {"SLUICE_TIPLINE_USER": _LOGIN, "SLUICE_TIPLINE_PASSWORD": _LOGIN}
    return {**_IDENTITY, **kept, **login, URL: f"{address}{_BASE}"}


def ask_simulator(address: str, seconds: float = _SECONDS) -> Health:
    """Whether the simulator at "http://host:port" answers."""
    connection = HTTPConnection(*split_address(address.removeprefix("http://")), timeout=seconds)
    try:
        connection.request("GET", _CONTROL)
        status = connection.getresponse().status
    except (OSError, HTTPException):
        return Health.UNREACHABLE
    finally:
        connection.close()
    return Health.SERVING if status == HTTPStatus.OK else Health.NOT_SERVING


class Simulator:
    """A running CyberTipline simulator. Start it on the main thread (see `Process`)."""

    def __init__(self, root: Path, env: Mapping[str, str], log: Path) -> None:
        """`root`: see `simulators_folder`."""
        (port,) = free_ports(1)
        # Not the working directory, which may have a `deploy` of its own.
        argv = [sys.executable, "-P", "-m", _MODULE, "--host", LOOPBACK, "--port", str(port)]
        paths = [str(root), *filter(None, [env.get("PYTHONPATH", "")])]
        told = {**env, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
        start = partial(Process.start, CYBERTIPLINE, argv, told, log)
        self._address = f"http://{LOOPBACK}:{port}"
        self.kept = Kept(start(), start, self._serves, partial(listens, port, _SECONDS), without=_WITHOUT)

    @property
    def at(self) -> ServiceAt:
        """Where it is asked what it has: an address with its scheme, without a path."""
        return ServiceAt(self._address, self.kept.process.pid, self.kept.restarts)

    def stop(self) -> None:
        """Stops it, within seconds."""
        stop_all([self.kept.process], _STOP_SECONDS)

    def _serves(self) -> bool:
        return ask_simulator(self._address) is Health.SERVING

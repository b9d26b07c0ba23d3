"""The collector as a child of the stack: started before the services, stopped after them, missed by nobody."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from sluice.local.health import Health, ask_health
from sluice.local.plan import OTLP_VARIABLE
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all
from sluice.local.state import ServiceAt
from sluice.local.supervise import Kept

NAME: Final = "collector"

_STOP_SECONDS: Final = 3.0
_WITHOUT: Final = "no traces are kept meanwhile; nothing else needs it"


class CollectorChild:
    """A running collector. Start it on the main thread (see `Process`)."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        otlp, http = (f"{LOOPBACK}:{port}" for port in free_ports(2))
        argv = [sys.executable, "-m", "sluice.local.collector", otlp, http]
        told = {name: value for name, value in env.items() if name != OTLP_VARIABLE}
        start = partial(Process.start, NAME, argv, {**told, "PYTHONUNBUFFERED": "1"}, log)
        self._otlp = otlp
        self._http = http
        self.kept = Kept(start(), start, self._serves, self._answers, without=_WITHOUT)

    @property
    def at(self) -> ServiceAt:
        """Where it takes spans (gRPC) and where they are read (`http`)."""
        return ServiceAt(self._otlp, self.kept.process.pid, self.kept.restarts, http=self._http)

    def stop(self) -> None:
        """Stops it, within seconds."""
        stop_all([self.kept.process], _STOP_SECONDS)

    def _serves(self) -> bool:
        return ask_health(self._otlp) is Health.SERVING

    def _answers(self) -> bool:
        return ask_health(self._otlp) is not Health.UNREACHABLE

"""The services of a run as processes, and who starts them again: what Kubernetes does, in small."""

import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluice.local.process import Process, stop_all

AGAIN_SECONDS = 0.3
"""After an end somebody caused."""
MOST_AGAIN_SECONDS = 5.0
"""After ends without a cause, one upon the other."""
GRACE_SECONDS = 25.0
"""Who has not stopped so long after SIGTERM is killed; Kubernetes waits 30 s."""
_STABLE_SECONDS = 20.0
_MODULES = {"image-text-classifier": "text_classifier.image_text_service"}
"""Of services that are not a package of their own."""
_DIES_AT = Path(__file__).with_name("dies_at.py")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, and where its log lies. `expected`: it was killed, told to stop, or died at its line."""

    name: str
    how: str
    log: Path
    expected: bool


@dataclass(slots=True)
class Replica:
    """One replica of a service: a name, a log per start, and the process that runs now."""

    service: str
    instance: str
    env: Mapping[str, str]
    logs: Path
    process: Process | None = None
    starts: int = 0
    due: float = 0.0
    """When it is started next, `time.monotonic()`; it has ended."""
    armed: tuple[int, float] | None = None
    """For the next start: seed and seconds of `dies_at`."""
    caused: bool = False
    """Its next end is somebody's doing."""
    stop_by: float = 0.0
    leaving: bool = False
    started: float = 0.0
    failures: int = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.service}-{self.instance}"

    @property
    def running(self) -> bool:
        """Whether its process lives, stopped or not."""
        return self.process is not None and self.process.exit_code() is None

    def start(self) -> None:
        """Starts it. Main thread only."""
        self.starts += 1
        module = _MODULES.get(self.service) or self.service.replace("-", "_")
        argv = [sys.executable, "-m", module]
        if self.armed:
            argv = [sys.executable, str(_DIES_AT), str(self.armed[0]), str(self.armed[1]), module]
        self.caused = self.armed is not None
        self.armed = None
        self.stop_by = 0.0
        self.started = time.monotonic()
        self.process = Process.start(self.name, argv, self.env, self.logs / f"{self.name}-{self.starts:03}.log")

    def kill(self) -> None:
        """SIGKILL."""
        self.caused = True
        if self.process is not None:
            self.process.kill()

    def terminate(self) -> None:
        """SIGTERM, and SIGKILL if it takes too long."""
        self.caused = True
        self.stop_by = time.monotonic() + GRACE_SECONDS
        self.send(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """A signal, if it lives."""
        if self.process is not None:
            self.process.send(number)


@dataclass(slots=True)
class Supervisor:
    """Keeps replicas running. Call `tick` often, on the main thread."""

    make: Callable[[str, str], Replica]
    """A replica by service and instance."""
    ended: Callable[[Ending], None]
    replicas: list[Replica] = field(default_factory=list)

    def add(self, service: str, instance: str) -> Replica:
        """Starts another replica."""
        replica = self.make(service, instance)
        self.replicas.append(replica)
        replica.start()
        return replica

    def of(self, service: str) -> list[Replica]:
        """The replicas of a service that stay."""
        return [replica for replica in self.replicas if replica.service == service and not replica.leaving]

    def tick(self) -> None:
        """Starts again what has ended, and kills what does not stop."""
        now = time.monotonic()
        for replica in list(self.replicas):
            if replica.running:
                if replica.stop_by and now > replica.stop_by:
                    self._tell(replica, f"did not stop within {GRACE_SECONDS:.0f} s", expected=False)
                    replica.kill()
            elif not replica.due:
                self._ended(replica, now)
            elif replica.leaving:
                # Told to leave when it had just ended of something else.
                self.replicas.remove(replica)
            elif now >= replica.due:
                replica.due = 0.0
                replica.start()

    def stop(self) -> list[str]:
        """Stops all; returns those that had to be killed."""
        processes = [replica.process for replica in self.replicas if replica.process is not None]
        for process in processes:
            process.send(signal.SIGCONT)
        return [process.name for process in stop_all(processes, GRACE_SECONDS)]

    def _ended(self, replica: Replica, now: float) -> None:
        assert replica.process is not None
        code = replica.process.exit_code()
        # Told to stop before it had begun to listen for that, it ends by the signal.
        told = bool(replica.stop_by) and code in (0, -signal.SIGTERM)
        expected = replica.caused and (told or code == -signal.SIGKILL)
        self._tell(replica, replica.process.how_it_ended(), expected)
        if replica.leaving:
            self.replicas.remove(replica)
            return
        replica.failures = 0 if expected or now - replica.started > _STABLE_SECONDS else replica.failures + 1
        replica.due = now + (AGAIN_SECONDS if expected else min(MOST_AGAIN_SECONDS, 2.0**replica.failures / 2))

    def _tell(self, replica: Replica, how: str, expected: bool) -> None:
        assert replica.process is not None
        self.ended(Ending(replica.name, how, replica.process.log, expected))

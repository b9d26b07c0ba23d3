"""What was run, what it said, and the last line."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sluice.errors import SluiceError

Say = Callable[[str], None]
Step = Callable[[], Sequence[str]]
"""Does one thing and returns what is worth a line. Raises SluiceError where it is not as it should be."""


class WrongError(SluiceError):
    """Something is not as it should be. The message says what was seen."""


@dataclass(slots=True)
class Report:
    """Runs steps and remembers how they ended. A step that fails does not keep the others from being run."""

    say: Say
    installs: int = 0
    upgrades: int = 0
    rollbacks: int = 0
    gpu_scheduled: bool = False
    network_policies: int = 0
    failed: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def run(self, name: str, step: Step) -> bool:
        """Whether it went well. Says so, with what it saw below."""
        began = self.clock()
        try:
            lines = list(step())
        except (SluiceError, OSError) as error:
            self.failed.append(name)
            self.say(f"FAIL  {name}  ({self.clock() - began:.1f} s)")
            self._tell(str(error).splitlines())
            return False
        self.passed.append(name)
        self.say(f"ok    {name}  ({self.clock() - began:.1f} s)")
        self._tell(lines)
        return True

    def leave_out(self, name: str) -> None:
        """Says that it was not run, and counts it as such."""
        self.not_run.append(name)
        self.say(f"----  {name}: not run")

    @property
    def well(self) -> bool:
        """Whether nothing failed and something was run."""
        return bool(self.passed) and not self.failed

    def last_line(self) -> str:
        """The whole run as JSON on one line."""
        return json.dumps(
            {
                "ok": self.well,
                "steps": len(self.passed) + len(self.failed),
                "failed": self.failed,
                "api_server_installs": self.installs,
                "upgrades": self.upgrades,
                "rollbacks": self.rollbacks,
                "gpu_scheduled": self.gpu_scheduled,
                "network_policies": self.network_policies,
                "not_run": self.not_run,
                "seconds": round(self.clock() - self._began, 1),
            }
        )

    def _tell(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.say(f"        {line}" if line else "")

"""Child processes: started with a log file, watched, stopped within a bound."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluice.errors import EX_CONFIG
from sluice.local import child
from sluice.local.logs import all_words, last_words

_POLL_SECONDS = 0.05


class Process:
    """A running child, leader of a session of its own: a terminal's Ctrl-C does not reach it, we do.

    It is killed when the thread that started it ends, however that ends (Linux): start children on the main
    thread.
    """

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @classmethod
    def start(
        cls,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        keep_fds: Sequence[int] = (),
    ) -> "Process":
        """Starts it. Standard output and error go to `log`, which begins anew; `keep_fds` stay open in it."""
        log.parent.mkdir(parents=True, exist_ok=True)
        launcher = [sys.executable, "-I", "-S", str(Path(child.__file__)), str(os.getpid())]
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [*launcher, *argv],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(keep_fds),
            )
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        """The process id; also of its group."""
        return self._popen.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._popen.poll()

    def last_words(self) -> str:
        """The last line of its log, made readable."""
        return last_words(self.log)

    def how_it_ended(self) -> str:
        """For people: exit status or signal, and its last words."""
        code = self.exit_code()
        if code is None:
            return "still runs"
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
        # A refused configuration is told in full, a line for each variable.
        words = all_words(self.log) if code == EX_CONFIG else self.last_words()
        return f"{how}: {words}" if words else how

    def terminate(self) -> None:
        """Asks it to stop."""
        if self.exit_code() is None:
            self._popen.terminate()

    def send(self, number: signal.Signals) -> None:
        """A signal to it alone, not to its group; nothing where it has ended."""
        if self.exit_code() is None:
            self._popen.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`."""
        return wait_all([self], seconds) == []

    def kill(self) -> None:
        """Ends it and everything in its group."""
        if self.exit_code() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()


def wait_all(processes: Sequence[Process], seconds: float) -> list[Process]:
    """Waits for all to end; returns those that still run after `seconds`."""
    give_up = time.monotonic() + seconds
    running = list(processes)
    while running := [process for process in running if process.exit_code() is None]:
        if time.monotonic() >= give_up:
            break
        time.sleep(_POLL_SECONDS)
    return running


def stop_all(processes: Sequence[Process], seconds: float) -> list[Process]:
    """SIGTERM to all at once, SIGKILL to what is left after `seconds`; returns those that had to be killed."""
    for process in processes:
        process.terminate()
    stubborn = wait_all(processes, seconds)
    for process in stubborn:
        process.kill()
    return stubborn

"""Runs a service that kills itself at a random line of its own: `dies_at.py SEED SECONDS PACKAGE`.

Run as a file, in place of `python -m PACKAGE`. The line is drawn from the functions of the package and of the bus,
and so is how often it may be passed. Where it has not come within SECONDS, any line of them will do. What it died at
is the last line of its log. SIGKILL: no handler runs, no buffer is flushed, no offset is committed.
"""

import inspect
import os
import random
import runpy
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

SERVICES = Path(__file__).parents[2] / "services"
SHARED = ("sluice/bus", "sluice/host/worker.py")
"""Beside the package itself: where records are read, written and committed."""
MOST_PASSES = 40
"""How often a line may be passed at most; most often it is once or twice."""
MOST_LINES = 400
"""After SECONDS: how many lines it still lives."""

Tracer = Any
"""What the interpreter calls at each event; it returns one of its kind, or None."""


def sources(package: str) -> list[Path]:
    """The files whose lines count."""
    found = sorted((SERVICES / package.split(".", maxsplit=1)[0]).rglob("*.py"))
    for name in SHARED:
        path = SERVICES / name
        # What mends a hanging transaction runs by hand.
        found += sorted(set(path.rglob("*.py")) - set(path.rglob("hanging*"))) if path.is_dir() else [path]
    return found


def lines(path: Path) -> list[int]:
    """The lines of a file that are inside a function."""
    found: set[int] = set()
    for code in _functions(compile(path.read_text(encoding="utf-8"), str(path), "exec")):
        found |= {line for _, _, line in code.co_lines() if line is not None and line > code.co_firstlineno}
    return sorted(found)


def weight(path: Path) -> int:
    """How likely a line of this file is: where transactions are made, six times as much."""
    share = 6 if "commit_transaction" in path.read_text(encoding="utf-8") else 1
    return share * len(lines(path))


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            # A class body is code too, and runs at import; CO_OPTIMIZED tells a function.
            if constant.co_flags & inspect.CO_OPTIMIZED:
                yield constant
            yield from _functions(constant)


class Death:
    """Waits for the line, in every thread of the process."""

    def __init__(self, seed: int, seconds: float, package: str) -> None:
        dice = random.Random(seed)
        files = sources(package)
        path = dice.choices(files, [weight(path) for path in files])[0]
        self._file = str(path)
        self._line = dice.choice(lines(path))
        self._passes = min(MOST_PASSES, 1 + int(dice.expovariate(0.5)))
        self._files = frozenset(map(str, files))
        self._until = time.monotonic() + seconds
        self._left = dice.randint(1, MOST_LINES)
        self._known: dict[CodeType, bool] = {}

    def watch(self) -> None:
        """From now on."""
        threading.settrace(self.on_call)
        sys.settrace(self.on_call)

    def on_call(self, frame: FrameType, _: str, __: object) -> Tracer:
        """A function begins, or goes on after a pause."""
        code = frame.f_code
        ours = self._known.get(code)
        if ours is None:
            ours = self._known[code] = code.co_filename in self._files
        if not ours:
            return None
        if time.monotonic() > self._until:
            return self.on_any_line
        return self.on_line if code.co_filename == self._file else None

    def on_line(self, frame: FrameType, event: str, _: object) -> Tracer:
        """A line of the chosen file."""
        if event == "line" and frame.f_lineno == self._line:
            self._passes -= 1
            if self._passes <= 0:
                self._die(frame)
        return self.on_line

    def on_any_line(self, frame: FrameType, event: str, _: object) -> Tracer:
        """A line of any of the files, once the time is over."""
        if event == "line":
            self._left -= 1
            if self._left <= 0:
                self._die(frame)
        return self.on_any_line

    def _die(self, frame: FrameType) -> None:
        place = Path(frame.f_code.co_filename).relative_to(SERVICES)
        os.write(2, f"died at {place}:{frame.f_lineno} in {frame.f_code.co_name}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def main(words: list[str]) -> None:
    """Never returns: the service runs until it dies, or is told to stop."""
    seed, seconds, package = int(words[0]), float(words[1]), words[2]
    # The folder of this file is no place to import from.
    sys.path.pop(0)
    sys.argv = [package]
    Death(seed, seconds, package).watch()
    runpy.run_module(package, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Free TCP ports on the loopback interface.

A port is bound some time after it was chosen, by another process. So those that were chosen are noted, in a file of
the user's: two stacks that start at the same time choose different ones.
"""

import contextlib
import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sluice.errors import RetryableError

LOOPBACK: Final = "127.0.0.1"
LOWEST: Final = 20_000
HIGHEST: Final = 32_000
"""Below 32768, where Linux begins to give ports to outgoing connections: none of those can take one of ours."""

HOLD_SECONDS: Final = 120.0
"""How long a chosen port is kept from others, who would find it free until it is bound."""
_TRIES = 200


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody listens on now, nor has chosen just before. Raises RetryableError where
    there are none."""
    chosen: list[int] = []
    with _noted() as noted:
        for port in random.SystemRandom().sample(range(LOWEST, HIGHEST), _TRIES):
            if len(chosen) == count:
                break
            if port not in noted and _is_free(port):
                chosen.append(port)
        noted.update(dict.fromkeys(chosen, time.time()))
    if len(chosen) < count:
        raise RetryableError(f"no {count} free ports on {LOOPBACK} between {LOWEST} and {HIGHEST}")
    return chosen


def notes() -> Path:
    """The file with the chosen ports, a line each: number, and seconds since the epoch."""
    return Path(tempfile.gettempdir()) / f"sluice-ports-{os.getuid()}"


@contextlib.contextmanager
def _noted() -> Iterator[dict[int, float]]:
    """Port -> when it was chosen, of those that are kept; what is added is noted. One process at a time."""
    try:
        handle = os.open(notes(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        # Without the file they are as free as they look.
        yield {}
        return
    with os.fdopen(handle, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        noted = _read(file.read(), time.time())
        yield noted
        file.seek(0)
        file.truncate()
        file.writelines(f"{port} {at}\n" for port, at in noted.items())


def _read(text: str, now: float) -> dict[int, float]:
    with contextlib.suppress(ValueError):
        found = {int(port): float(at) for port, at in map(str.split, text.splitlines())}
        return {port: at for port, at in found.items() if abs(now - at) < HOLD_SECONDS}
    return {}


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def listens(port: int, seconds: float, host: str = LOOPBACK) -> bool:
    """Whether somebody accepts connections on the port."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True

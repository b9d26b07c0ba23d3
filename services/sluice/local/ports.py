"""Free TCP ports on the loopback interface."""

import random
import socket
from typing import Final

from sluice.errors import RetryableError

LOOPBACK: Final = "127.0.0.1"
LOWEST: Final = 20_000
HIGHEST: Final = 32_000
"""Below 32768, where Linux begins to give ports to outgoing connections: none of those can take one of ours."""

_TRIES = 200


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody listens on now. Raises RetryableError where there are none."""
    chosen: list[int] = []
    for port in random.SystemRandom().sample(range(LOWEST, HIGHEST), _TRIES):
        if len(chosen) == count:
            break
        if _is_free(port):
            chosen.append(port)
    if len(chosen) < count:
        raise RetryableError(f"no {count} free ports on {LOOPBACK} between {LOWEST} and {HIGHEST}")
    return chosen


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

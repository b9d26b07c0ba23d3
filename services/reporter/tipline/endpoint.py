"""Where reports go, and which may go there: test matches never to people, real ones never to where nobody reads."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

PRODUCTION: Final = "https://report.cybertip.org/ispws"
TEST: Final = "https://exttest.cybertip.org/ispws"
_TEST_HOST: Final = "exttest.cybertip.org"
_OFFICIAL: Final = ".cybertip.org"
_WRITTEN: Final = re.compile("[!-~]*")
_HOST: Final = re.compile("[a-z0-9._-]+|[0-9a-f:.]+")


class Kind(StrEnum):
    """Who reads what is sent."""

    REAL = "real"
    TEST = "test"
    """NCMEC's own test endpoint."""
    SIMULATOR = "simulator"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The base address of the API, without a slash at its end."""

    url: str
    kind: Kind

    @property
    def where(self) -> str:
        """Its kind and its host, with the port where it is none of the usual ones."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
        return f"{self.kind} {(parts.hostname or '').rstrip('.')}{port}"

    def takes(self, test: bool) -> bool:
        """Whether an incident may be reported here. `test`: every match of it came from a test list."""
        return test == (self.kind is not Kind.REAL)


def read_endpoint(url: str, simulator: bool = False) -> Endpoint:
    """What an address is.

    NCMEC's test host is TEST, this machine's loopback is SIMULATOR, and every other host is REAL, because a test
    report there could reach people. `simulator`: another host is one, too. Raises ValueError, with what the address
    should be, for one that cannot be used: credentials in it, a query, plain HTTP to anything but a simulator, or
    NCMEC's own host called a simulator; or characters that a host's name does not have.
    """
    # First of all: some libraries map other characters to letters and points, so that it would be another host.
    if not _WRITTEN.fullmatch(url):
        raise ValueError("should be in printable ASCII, without spaces: another host name as xn--...")
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"should be an address as {PRODUCTION}, without credentials")
    if not _HOST.fullmatch(host):
        raise ValueError("should have a host's name of letters, digits, hyphens and points, or a host's address")
    if parts.port == 0:
        raise ValueError("should have a port from 1 on")
    official = f".{host}".endswith(_OFFICIAL)
    if official and simulator:
        raise ValueError("is NCMEC's own host: that is no simulator")
    if host == _TEST_HOST:
        kind = Kind.TEST
    elif simulator or _loopback(host):
        kind = Kind.SIMULATOR
    else:
        kind = Kind.REAL
    if parts.scheme == "http" and kind is not Kind.SIMULATOR:
        raise ValueError("should begin with https://")
    return Endpoint(url.rstrip("/"), kind)


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

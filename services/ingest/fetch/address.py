"""Whether a stranger's address may be fetched at all, by its words alone. Nothing is looked up."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from sluice.objects import ForbiddenUriError

_LONGEST = 2048
_PORTS = {"https": 443, "http": 80}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""A name that ends like this is an address in numbers to somebody: decimal, octal, hexadecimal, in one to four parts
(WHATWG URL, "ends in a number")."""
_PLAIN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Host:
    """An entry of the allow-list. `below`: every name under `name`, not `name` itself. `port`: 0 for the usual."""

    name: str
    below: bool = False
    port: int = 0

    def covers(self, target: "Target") -> bool:
        """Whether the entry lets this be fetched."""
        name = target.host.endswith(f".{self.name}") if self.below else target.host == self.name
        return name and target.port == (self.port or _PORTS[target.scheme])


@dataclass(frozen=True, slots=True)
class Target:
    """An address, taken apart. `path`: with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address as it is asked for."""
        return f"{self.scheme}://{self.host}:{self.port}{self.path}"


def read_host(word: str) -> Host | None:
    """An entry of the allow-list: `name`, `*.name`, either with `:port`. None for anything else."""
    name, colon, port = word.lower().partition(":")
    below = name.startswith("*.")
    name = name.removeprefix("*.")
    if not _is_name(name) or (colon and not (port.isdecimal() and port.isascii() and 0 < int(port) < 65536)):
        return None
    return Host(name, below, int(port) if colon else 0)


def read_target(uri: str, hosts: Collection[Host], plain_http: bool) -> Target:
    """Takes an address apart. Raises ForbiddenUriError unless it is well formed and its host is on the list.

    No credentials, no addresses in numbers, no names without a dot, nothing but printable ASCII: whatever two readers
    of addresses could take for two hosts.
    """
    if not hosts:
        raise ForbiddenUriError("the reference points outside our object store")
    if len(uri) > _LONGEST or not _PLAIN.fullmatch(uri) or "\\" in uri:
        raise ForbiddenUriError("the address is too long, or has characters that none has")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise ForbiddenUriError("the address is not one") from error
    scheme, host = parts.scheme, parts.hostname or ""
    if scheme not in (_PORTS if plain_http else ("https",)):
        raise ForbiddenUriError("the address is not https")
    if "@" in parts.netloc or not _is_name(host) or parts.netloc.endswith(":") or port == 0:
        raise ForbiddenUriError("the address has no plain host name")
    target = Target(
        scheme, host, port or _PORTS[scheme], (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    )
    if not any(entry.covers(target) for entry in hosts):
        raise ForbiddenUriError("the address is of a host that is not on the allow-list")
    return target


def _is_name(host: str) -> bool:
    return len(host) <= 253 and _NAME.fullmatch(host) is not None and not _NUMBER.fullmatch(host)

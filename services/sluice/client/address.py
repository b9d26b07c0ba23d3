"""The gateway's address: encrypted, or on this machine."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Base:
    """`url`: without a slash at its end. `host`: as the Host header has it. `loopback`: it is this machine."""

    url: str
    host: str
    secure: bool
    loopback: bool


def read_base(text: str) -> Base:
    """https://host[:port][/path], or http. Raises ValueError, whose message holds nothing of the address: people put
    passwords there."""
    if not text.isascii() or not text.isprintable() or set(text) & set(" \\?#"):
        raise ValueError("it has characters that no address of a gateway has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("it cannot be read") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("it should begin with https://")
    if not parts.hostname or port == 0 or parts.netloc.endswith(":"):
        raise ValueError("it should be https://HOST or https://HOST:PORT")
    if "@" in parts.netloc:
        raise ValueError("it should hold no name and no password: the key goes to SLUICE_API_KEY")
    path = parts.path.rstrip("/")
    if path.endswith("/v1"):
        raise ValueError("it should end before /v1, which the client adds")
    return Base(
        f"{parts.scheme}://{parts.netloc}{path}", parts.netloc, parts.scheme == "https", _loopback(parts.hostname)
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

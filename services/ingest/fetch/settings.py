"""Where pictures may be fetched from, and how much a fetch may use. By default, nowhere."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from ingest.fetch.address import Host, read_host
from sluice.settings import Reader

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Which addresses are fetched. `hosts` empty: none."""

    hosts: tuple[Host, ...] = ()
    networks: tuple[Network, ...] = ()
    """Addresses that are reached although they are not public: a bucket inside, say."""
    plain_http: bool = False
    seconds: int = 5
    """Of one fetch, redirects and all."""
    read_seconds: int = 2
    """Without a byte."""
    redirects: int = 3
    at_once: int = 8
    ca: str = ""
    """A file of certificates to trust instead of the system's; empty for the system's."""


def read_fetch_settings(reader: Reader) -> FetchSettings:
    """Reads the variables of fetching. The caller calls `reader.finish()`."""
    hosts = [(word, read_host(word)) for word in reader.words("SLUICE_FETCH_ALLOW")]
    for word, host in hosts:
        if host is None:
            reader.problem(
                f"SLUICE_FETCH_ALLOW: {word!r} should be a host name like img.example.org, *.example.org or "
                "img.example.org:8443; addresses in numbers are never fetched"
            )
    ca = reader.text("SLUICE_FETCH_CA", "")
    if ca and not Path(ca).is_file():
        reader.problem(f"SLUICE_FETCH_CA={ca!r} is no file")
    return FetchSettings(
        hosts=tuple(host for _, host in hosts if host is not None),
        networks=_networks(reader),
        plain_http=reader.flag("SLUICE_FETCH_HTTP"),
        seconds=reader.number("SLUICE_FETCH_SECONDS", 5, most=60),
        read_seconds=reader.number("SLUICE_FETCH_READ_SECONDS", 2, most=60),
        redirects=reader.number("SLUICE_FETCH_REDIRECTS", 3, least=0, most=10),
        at_once=reader.number("SLUICE_FETCHES", 8, most=1000),
        ca=ca,
    )


def _networks(reader: Reader) -> tuple[Network, ...]:
    found: list[Network] = []
    for word in reader.words("SLUICE_FETCH_NETWORKS"):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            reader.problem(f"SLUICE_FETCH_NETWORKS: {word!r} should be a network like 10.1.2.0/24")
    return tuple(found)

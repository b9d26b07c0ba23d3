"""How a service's gRPC door is guarded: by certificates and a list of peers, or by what reaches it: this machine."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.host.peers import VARIABLE as PEERS
from sluice.host.tls import VARIABLE as TLS
from sluice.settings import Reader

PLAINTEXT: Final = "SLUICE_GRPC_PLAINTEXT"
HEALTH: Final = "SLUICE_HEALTH_ADDRESS"
_LOCAL = ("unix:", "unix-abstract:")
_SCHEMES = ("ipv4:", "ipv6:", "dns:///", "dns:")


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """`tls`: folder of the certificate, and `peers`: file of who may call what; None for a door in plaintext.

    `health`: where health is told without TLS, or empty.
    """

    tls: Path | None = None
    peers: Path | None = None
    health: str = ""


def read_door(reader: Reader, address: str) -> DoorSettings:
    """SLUICE_TLS_DIR, SLUICE_PEERS, SLUICE_GRPC_PLAINTEXT, SLUICE_HEALTH_ADDRESS. `address`: where the door is."""
    folder, peers = reader.text(TLS, ""), reader.text(PEERS, "")
    plaintext = reader.flag(PLAINTEXT)
    if folder and plaintext:
        reader.problem(f"{PLAINTEXT}=1 and {TLS} contradict each other: unset one of them")
    if folder and not peers:
        reader.problem(f"{PEERS} is not set: with {TLS}, nobody may call what it does not list")
    if peers and not folder:
        reader.problem(f"{PEERS} needs {TLS}: without certificates nobody knows who calls")
    if not folder and not plaintext and not is_loopback(address):
        reader.problem(
            f"SLUICE_GRPC_ADDRESS={address!r} can be reached from other machines, in plaintext: set {TLS} and "
            f"{PEERS}, or {PLAINTEXT}=1 where something else encrypts and authorises, such as a mesh"
        )
    return DoorSettings(
        tls=Path(folder).absolute() if folder else None,
        peers=Path(peers).absolute() if peers else None,
        health=reader.address(HEALTH),
    )


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address that gRPC takes. What cannot be told is taken for everybody's."""
    if address.startswith(_LOCAL):
        return True
    for scheme in _SCHEMES:
        address = address.removeprefix(scheme)
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    if host == "localhost":
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback

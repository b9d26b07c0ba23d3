"""Who may call which method: a YAML file, and what it does not list is not allowed.

    sluice.v1.Orchestrator/Moderate:
      - spiffe://sluice/moderation/gateway
    sluice.v1.Ingest/*:
      - spiffe://sluice/moderation/gateway
      - gateway.example.org

A key is a method, or all methods of a service; a caller is allowed where either lists one of its names. Names are
those of its certificate, as they stand: there are no patterns. `[]` is nobody. One file may serve all services.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sluice.errors import ConfigError
from sluice.host.identity import identity
from sluice.policy.parse import Node, read
from sluice.refreshed import Refreshed, Snapshot, Version, snapshot

ABOUT: Final = "peers"
VARIABLE: Final = "SLUICE_PEERS"
HEALTH: Final = "grpc.health.v1.Health"
"""Open to whoever has a certificate."""
_METHOD = re.compile(r"(?P<service>[A-Za-z_][\w]*(\.[A-Za-z_]\w*)+)/(\*|[A-Za-z_]\w*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Peers:
    """The list. `allowed`: names by "SERVICE/METHOD" or "SERVICE/*". `digest`: of the file."""

    allowed: Mapping[str, frozenset[str]]
    digest: bytes = field(default=b"", repr=False)

    def allows(self, method: str, identities: frozenset[str]) -> bool:
        """Whether a caller of these names may call "SERVICE/METHOD"."""
        every = f"{method.rpartition('/')[0]}/*"
        return any(not identities.isdisjoint(self.allowed.get(key, ())) for key in (method, every))


def parse_peers(path: Path, data: bytes) -> Peers:
    """The list that a file holds. ConfigError with every line that is wrong."""
    root, _ = read(path, data)
    allowed = {key: _names(node) for key, node in root.mapping().items() if _is_method(key, node)}
    root.problems.finish()
    return Peers(allowed, hashlib.sha256(data).digest())


def watched_peers(path: Path) -> Refreshed[Peers]:
    """The file's list, for `sluice.host.file_watch`. ConfigError with every problem of the first version."""

    def load(seen: Snapshot) -> Peers:
        if seen.problems:
            raise ConfigError([f"{problem}; {VARIABLE} names the file" for problem in seen.problems])
        return parse_peers(path, seen.files[path])

    def tell(peers: Peers) -> Version:
        return Version(peers.digest.hex()[:12], peers.digest)

    return Refreshed(ABOUT, lambda: snapshot([path]), load, tell)


def _is_method(key: str, node: Node) -> bool:
    found = _METHOD.fullmatch(key)
    if found is None:
        node.problem("should be called package.Service/Method or package.Service/*")
    elif found["service"] == HEALTH:
        node.problem("health is open to every certificate; it cannot be listed")
    return found is not None


def _names(node: Node) -> frozenset[str]:
    found = set()
    for item in node.items():
        text = item.printed()
        name = identity(text)
        if not text:
            continue
        if name is None or "*" in name:
            item.problem("should be a URI as spiffe://sluice/namespace/component, or a DNS name; no patterns")
            continue
        if name in found:
            item.problem(f"{name!r} is here twice")
        found.add(name)
    return frozenset(found)

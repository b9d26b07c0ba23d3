"""Folders of certificates for services on one machine, made all at once and never over others."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError, TerminalError
from sluice.local.service_authority import ServiceAuthority, identity_of
from sluice.tls_files import AUTHORITY, CERTIFICATE, KEY

PEERS: Final = "peers.yaml"
_REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def make_folders(out: Path, names: Sequence[str], peers: str) -> None:
    """Makes `out` with a folder for each name (`tls.crt`, `tls.key`, `ca.crt`, all readable by their owner alone) and
    `peers.yaml`. NotReadyError where `out` exists, TerminalError for what cannot be a name."""
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong:
        raise TerminalError(f"{wrong[0]!r} should be lower-case letters, digits and hyphens, 63 at most")
    if out.exists() or out.is_symlink():
        raise NotReadyError(f"{out} exists already; remove it, or name another folder")
    authority = ServiceAuthority()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".certs-", dir=out.parent))
    except OSError as error:
        raise NotReadyError(f"{out} was not made: {error.strerror}") from error
    try:
        _write(fresh / PEERS, peers.encode())
        for name in names:
            issued = authority.issue(name)
            (fresh / name).mkdir(mode=0o700)
            files = {CERTIFICATE: issued.certificate, KEY: issued.key, AUTHORITY: authority.certificate}
            for file, content in files.items():
                _write(fresh / name / file, content)
        fresh.rename(out)
    except OSError as error:
        raise NotReadyError(f"{out} was not made: {error.strerror}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def peers_text(services: Iterable[str], clients: Sequence[str]) -> str:
    """A list of peers that lets each of these clients call everything. `services`: full names."""
    known = ", ".join(identity_of(name) for name in clients)
    lines = [f"{service}/*: [{known}]" for service in [*services, _REFLECTION]]
    return "\n".join(["# Who may call what: SLUICE_PEERS. For one machine; take away what nobody needs.", *lines, ""])


def _write(path: Path, content: bytes) -> None:
    """0600 from the first moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)

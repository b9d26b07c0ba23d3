"""A C2PA chain for development: root, intermediate and signing certificate, made on this machine.

It is for tests and demos alone, and says so as its issuer; a real one comes from a C2PA certificate authority.
Files in `SLUICE_HOME/certs`: `root.pem` (give this to a verifier as its trust anchor), `chain.pem` (signing
certificate, then intermediate: what the signer sends), `key.pem` (the signing key, readable by its owner alone).
"""

import datetime as dt
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from sluice.errors import NotReadyError
from sluice.local.authority import issue_chain

_FILES = ("root.pem", "chain.pem", "key.pem")


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the files are, and what a person wants to know of the signing certificate."""

    root: Path
    chain: Path
    key: Path
    serial: str
    """Of the signing certificate, hexadecimal."""
    expires: dt.datetime
    """Of the signing certificate, UTC."""

    def expired(self, now: dt.datetime | None = None) -> bool:
        """Whether the signing certificate can no longer sign."""
        return (now or dt.datetime.now(dt.UTC)) >= self.expires


def certs_folder(home: Path) -> Path:
    """Where the development chain lives."""
    return home / "certs"


def ensure_chain(home: Path) -> Chain:
    """The chain in `home`, made first where there is none. Never replaces one, not even one that has expired.

    Safe to call from several processes at once. Raises NotReadyError for a chain that is broken.
    """
    folder = certs_folder(home)
    with _locked(home):
        if not folder.exists():
            _put_in_place(folder)
    return load_chain(folder)


def create_chain(home: Path, force: bool = False) -> Chain:
    """Makes a chain. Raises NotReadyError where there is one, unless `force`; what was signed with the old one
    then no longer verifies against the new root."""
    folder = certs_folder(home)
    with _locked(home):
        if folder.exists() and not force:
            raise NotReadyError(f"{folder} exists already; `sluice dev certs --force` replaces it")
        _put_in_place(folder)
    return load_chain(folder)


def load_chain(folder: Path) -> Chain:
    """Reads what is there. Raises NotReadyError, with the command that mends it, for anything else."""
    if not folder.exists():
        raise NotReadyError(f"{folder} does not exist; `sluice dev certs` makes a development chain")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise NotReadyError(f"{folder} has no {', '.join(missing)}; `sluice dev certs --force` makes a new chain")
    try:
        leaf = x509.load_pem_x509_certificates((folder / "chain.pem").read_bytes())[0]
    except (ValueError, OSError) as error:
        raise NotReadyError(
            f"{folder / 'chain.pem'} is unreadable; `sluice dev certs --force` replaces it"
        ) from error
    return Chain(
        root=folder / "root.pem",
        chain=folder / "chain.pem",
        key=folder / "key.pem",
        serial=f"{leaf.serial_number:x}",
        expires=leaf.not_valid_after_utc,
    )


def _put_in_place(folder: Path) -> None:
    """All three files appear at once: they are written beside `folder`, which is then renamed."""
    fresh = Path(tempfile.mkdtemp(prefix=".certs-", dir=folder.parent))
    try:
        for name, content in issue_chain().items():
            _write_private(fresh / name, content)
        fresh.chmod(0o755)
        for name in ("root.pem", "chain.pem"):
            (fresh / name).chmod(0o644)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=".certs-", dir=folder.parent))
            folder.rename(old / "old")
            fresh.rename(folder)
            shutil.rmtree(old)
        else:
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_private(path: Path, content: bytes) -> None:
    """0600 from the first moment, and on the disk before anything refers to it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One maker at a time, across processes. The lock ends with the process, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".certs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

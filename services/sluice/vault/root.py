"""The vault's own secret, wrapped like a data key: of it come the names of evidence and the MACs of the audit log."""

import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sluice.errors import NotReadyError
from sluice.vault.envelope import KEY_BYTES
from sluice.vault.errors import TamperedError
from sluice.vault.key_series import KeySeries
from sluice.vault.keys import KeyWrapper
from sluice.vault.shelf import Shelf

FOLDER = "root"


class Root:
    """Has no repr that tells it."""

    __slots__ = ("_names", "audit_key")

    def __init__(self, secret: bytes) -> None:
        self._names = _derived(secret, b"sluice-vault/1 names")
        self.audit_key = _derived(secret, b"sluice-vault/1 audit")

    def __repr__(self) -> str:
        return "<the vault's secret>"

    def name(self, sha256: bytes) -> str:
        """The id of evidence: HMAC-SHA-256 of the plaintext's digest, hex. Without the secret nobody can tell whether
        the vault holds a file that they have."""
        return hmac.digest(self._names, sha256, "sha256").hex()


def root_series(shelf: Shelf, wrapper: KeyWrapper) -> KeySeries:
    """Where the secret lies."""
    return KeySeries(shelf, wrapper, FOLDER, "the vault")


def open_root(shelf: Shelf, wrapper: KeyWrapper, lines: int = 0, begin: bool = True) -> Root:
    """The vault's secret; made where the vault is empty. `lines`: of its log, by the anchor. `begin`: whether one may
    be made.

    Raises TamperedError where the secret is gone and the vault is not empty, or was not: with a new one it would find
    nothing of what it holds. NotReadyError, also for an empty one that may not be begun; MissingKeyError,
    RetryableError.
    """
    series = root_series(shelf, wrapper)
    secret = series.get()
    if secret is None:
        if shelf.keys_now("evidence") or shelf.keys_now("audit"):
            raise TamperedError(f"{FOLDER}/ is gone and the vault is not empty: put it back from a copy of the vault")
        if lines:
            raise TamperedError(f"the vault is empty, and the anchor knows line {lines} of its log: put it back")
        if not begin:
            raise NotReadyError("there is no vault (SLUICE_VAULT): the reporter begins one when it is first started")
        secret = series.made()
    return Root(secret)


def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)

"""Opens the vault that the settings name."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from sluice.deadline import now_ms
from sluice.errors import ConfigError
from sluice.objects import ObjectStore
from sluice.vault.anchor import Anchor, FileAnchor
from sluice.vault.audit import AuditLog
from sluice.vault.key_aws import SCHEME, AwsKeys
from sluice.vault.key_file import FileKeys
from sluice.vault.key_remote import SCHEMES, open_remote
from sluice.vault.keys import KeyWrapper
from sluice.vault.keys_several import SeveralKeys
from sluice.vault.people import People
from sluice.vault.root import open_root
from sluice.vault.settings import VaultSettings
from sluice.vault.shelf import Shelf
from sluice.vault.store import Vault

_FILE: Final = "file:///"
KEY_SCHEMES: Final = (_FILE, SCHEME, *SCHEMES)
"""How the address of a wrapping key begins."""


def open_vault(settings: VaultSettings, now: Callable[[], int] = now_ms, begin: bool = True) -> Vault:
    """The vault; an empty one is begun, where `begin` says so. Blocks.

    Raises ConfigError for settings that cannot work; TamperedError where the vault's own secret is gone;
    MissingKeyError, NotReadyError, RetryableError.
    """
    wrapper = open_wrapper(settings.key)
    people = People.read(settings.people)
    shelf = ObjectStore.open(settings.store, "SLUICE_VAULT")
    return vault_on(shelf, wrapper, FileAnchor(settings.anchor), people, now, begin)


def vault_on(
    shelf: Shelf,
    wrapper: KeyWrapper,
    anchor: Anchor,
    people: People,
    now: Callable[[], int] = now_ms,
    begin: bool = True,
) -> Vault:
    """The vault on a shelf. Raises as `open_vault`."""
    root = open_root(shelf, wrapper, anchor.head().seq, begin)
    return Vault(shelf, wrapper, root, AuditLog(shelf, root.audit_key, anchor, now), people, now)


def open_wrapper(uris: str, env: Mapping[str, str] = os.environ) -> KeyWrapper:
    """The wrapping keys: each begins with one of `KEY_SCHEMES`; several with commas, the last one wraps. `env`: where
    key services find their credentials, and Vault is.

    Raises ConfigError, or NotReadyError where a key service's library is missing.
    """
    wrappers = [_wrapper(uri.strip(), env) for uri in uris.split(",")]
    return wrappers[0] if len(wrappers) == 1 else SeveralKeys(wrappers)


def _wrapper(uri: str, env: Mapping[str, str]) -> KeyWrapper:
    if uri.startswith(_FILE):
        return FileKeys.read(Path(unquote(uri.removeprefix("file://"))))
    if uri.startswith(SCHEME):
        return AwsKeys(uri)
    if uri.startswith(SCHEMES):
        return open_remote(uri, env)
    raise ConfigError([f"SLUICE_VAULT_KEY should start with one of {', '.join(KEY_SCHEMES)}"])

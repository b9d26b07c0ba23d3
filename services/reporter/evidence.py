"""Opens the vault that the settings name, as the service wants it: sound, or not yet."""

import asyncio

from sluice.errors import ConfigError, NotReadyError
from sluice.vault.errors import TamperedError
from sluice.vault.opened import open_vault, open_wrapper
from sluice.vault.settings import VaultSettings
from sluice.vault.store import Vault


async def open_evidence(settings: VaultSettings) -> Vault:
    """The vault, its audit log read to the end. Raises NotReadyError, with what a person can do, where a key is
    missing or something is not what was put there; RetryableError; ConfigError for what no wait mends."""
    return await asyncio.to_thread(_opened, settings)


def _opened(settings: VaultSettings) -> Vault:
    try:
        # A file that is not there yet is not a mistake for good: somebody puts it there.
        open_wrapper(settings.key).close()
    except ConfigError as error:
        raise NotReadyError(f"SLUICE_VAULT_KEY: {error}") from error
    try:
        vault = open_vault(settings)
        vault.log.look()
    except TamperedError as error:
        raise NotReadyError(f"the vault is not sound: {error} (`sluice audit verify`)") from error
    return vault

"""Opens the vault that the settings name, as the service wants it: sound, or not yet."""

import asyncio
from typing import Final

from reporter.watching import VAULT
from sluice.errors import ConfigError, NotReadyError, RetryableError
from sluice.host.readiness import Readiness
from sluice.vault.errors import TamperedError
from sluice.vault.opened import open_vault, open_wrapper
from sluice.vault.settings import VaultSettings
from sluice.vault.store import Vault

AGAIN_SECONDS: Final = 2.0


async def open_evidence(settings: VaultSettings) -> Vault:
    """The vault, its audit log read to the end. Raises NotReadyError, with what a person can do, where a key is
    missing or something is not what was put there; RetryableError; ConfigError for what no wait mends."""
    return await asyncio.to_thread(_opened, settings)


async def opened(
    settings: VaultSettings, readiness: Readiness, stop: asyncio.Event, every: float = AGAIN_SECONDS
) -> Vault | None:
    """The vault as soon as it can be opened; None once it is told to stop. Why it cannot be is on the readiness
    board. Raises ConfigError. `every`: seconds between two tries."""
    stopped = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            opening = asyncio.create_task(open_evidence(settings))
            try:
                await asyncio.wait({opening, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not opening.done():
                    return None
                return opening.result()
            except NotReadyError as error:
                await readiness.expect(VAULT, str(error))
            except RetryableError as error:
                await readiness.expect(VAULT, f"the vault does not answer: {error}")
            finally:
                opening.cancel()
            await asyncio.wait({stopped}, timeout=every)
        return None
    finally:
        stopped.cancel()


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

"""Azure Key Vault and Managed HSM: azure-identity finds the credentials, calls are made over HTTP.

https://learn.microsoft.com/rest/api/keyvault/keys
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sluice.errors import NotReadyError, RetryableError
from sluice.remote.http import Http
from sluice.remote.tokens import SECONDS, Tokens, library

ABOUT: Final = "Azure Key Vault"
_API: Final = "7.4"


class AzureVault:
    """Calls about one version of a key. Threads share one."""

    def __init__(self, host: str, key: str, version: str) -> None:
        """Raises NotReadyError where the library is missing."""
        self._url = f"https://{host}/keys/{key}/{version}"
        self._http = Http(f"https://{host}", ABOUT, SECONDS)
        # NAME.vault.azure.net -> vault.azure.net: each cloud has domains, and audiences, of its own.
        self._tokens = Tokens(_fetch(f"https://{host.partition('.')[2] or host}/.default"))

    def call(
        self, method: str, form: Mapping[str, Any], what: str, bad: Callable[[], Exception] | None = None
    ) -> Mapping[str, Any]:
        """See `Http.post_json`. `method`: as `sign`."""
        url = f"{self._url}/{method}?api-version={_API}"
        return self._http.post_json(url, self._tokens.header(), form, what, bad)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()


def _fetch(scope: str) -> Callable[[], tuple[str, float]]:
    """A function for `Tokens`."""
    errors = library("azure.core.exceptions", "azure-kms")
    credential = library("azure.identity", "azure-kms").DefaultAzureCredential()

    def fetch() -> tuple[str, float]:
        try:
            token = credential.get_token(scope)
        except errors.ClientAuthenticationError as error:
            raise NotReadyError(f"{ABOUT}: no token: {type(error).__name__}") from None
        except errors.AzureError as error:
            raise RetryableError(f"{ABOUT}: no token: {type(error).__name__}") from None
        return token.token, float(token.expires_on)

    return fetch

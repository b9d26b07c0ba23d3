"""Keys in Azure Key Vault or Managed HSM: azure-identity finds the credentials, the one call is made over HTTP.

https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign
"""

import base64
from collections.abc import Callable

from c2pa_signer.key import Algorithm, digest, ecdsa_der
from c2pa_signer.keys_http import Http
from c2pa_signer.keys_remote import SECONDS, Tokens, library, signature_of
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError, RetryableError

_ABOUT = "Azure Key Vault"
_API = "7.4"
_ALGORITHMS = {Algorithm.ES256: "ES256", Algorithm.ES384: "ES384", Algorithm.PS256: "PS256"}


class AzureKey:
    """A version of a key: EC (P-256, P-384) or RSA, in software or in an HSM."""

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes) -> None:
        """Raises NotReadyError for an algorithm that Key Vault does not have, or where the library is missing."""
        if algorithm not in _ALGORITHMS:
            raise NotReadyError(f"{_ABOUT} has no keys for {algorithm}; use ES256")
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        host, key, version = uri.rest.split("/")
        self._url = f"https://{host}/keys/{key}/{version}/sign?api-version={_API}"
        self._http = Http(f"https://{host}", _ABOUT, SECONDS)
        # NAME.vault.azure.net -> vault.azure.net: each cloud has domains, and audiences, of its own.
        self._tokens = Tokens(_fetch(f"https://{host.partition('.')[2] or host}/.default"))

    def __repr__(self) -> str:
        return f"<a key in Azure Key Vault, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """One call of sign."""
        value = base64.urlsafe_b64encode(digest(self.algorithm, data)).decode().rstrip("=")
        form = {"alg": _ALGORITHMS[self.algorithm], "value": value}
        answer = self._http.post_json(self._url, self._tokens.header(), form)
        signature = signature_of(answer.get("value"), _ABOUT, url_safe=True)
        return signature if self.algorithm is Algorithm.PS256 else ecdsa_der(signature)

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
            raise NotReadyError(f"{_ABOUT}: no token: {type(error).__name__}") from None
        except errors.AzureError as error:
            raise RetryableError(f"{_ABOUT}: no token: {type(error).__name__}") from None
        return token.token, float(token.expires_on)

    return fetch

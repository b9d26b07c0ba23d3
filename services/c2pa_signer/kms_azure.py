"""Keys in Azure Key Vault or Managed HSM.

https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign
"""

import base64

from c2pa_signer.key import Algorithm, digest, ecdsa_der
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError
from sluice.remote.azure import ABOUT, AzureVault
from sluice.remote.tokens import bytes_of

_ALGORITHMS = {Algorithm.ES256: "ES256", Algorithm.ES384: "ES384", Algorithm.PS256: "PS256"}


class AzureKey:
    """A version of a key: EC (P-256, P-384) or RSA, in software or in an HSM."""

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes) -> None:
        """Raises NotReadyError for an algorithm that Key Vault does not have, or where the library is missing."""
        if algorithm not in _ALGORITHMS:
            raise NotReadyError(f"{ABOUT} has no keys for {algorithm}; use ES256")
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        self._vault = AzureVault(*uri.rest.split("/"))

    def __repr__(self) -> str:
        return f"<a key in Azure Key Vault, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """One call of sign."""
        value = base64.urlsafe_b64encode(digest(self.algorithm, data)).decode().rstrip("=")
        answer = self._vault.call("sign", {"alg": _ALGORITHMS[self.algorithm], "value": value}, "sign")
        signature = bytes_of(answer.get("value"), ABOUT, "signature", url_safe=True)
        return signature if self.algorithm is Algorithm.PS256 else ecdsa_der(signature)

    def close(self) -> None:
        """Closes the connections."""
        self._vault.close()

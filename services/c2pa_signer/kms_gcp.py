"""Keys in Google Cloud KMS.

https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions/asymmetricSign
"""

import base64
from collections.abc import Mapping
from typing import Any

from c2pa_signer.key import Algorithm, digest
from c2pa_signer.keys_uri import KeyUri
from sluice.remote.google import ABOUT, GoogleKms
from sluice.remote.tokens import bytes_of


class GcpKey:
    """A version of a key for asymmetric signing. Its algorithm should be EC_SIGN_P256_SHA256, EC_SIGN_P384_SHA384,
    EC_SIGN_ED25519 or RSA_SIGN_PSS_*_SHA256."""

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes) -> None:
        """Raises NotReadyError where the library is missing or no credentials are found."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        self._kms = GoogleKms(uri.rest, uri.options.get("endpoint", ""))

    def __repr__(self) -> str:
        return f"<a key in Google Cloud KMS, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """One call of asymmetricSign."""
        form: Mapping[str, Any]
        if self.algorithm is Algorithm.ED25519:
            form = {"data": base64.b64encode(data).decode()}
        else:
            name = "sha384" if self.algorithm is Algorithm.ES384 else "sha256"
            form = {"digest": {name: base64.b64encode(digest(self.algorithm, data)).decode()}}
        return bytes_of(self._kms.call("asymmetricSign", form, "sign").get("signature"), ABOUT, "signature")

    def close(self) -> None:
        """Closes the connections."""
        self._kms.close()

"""Keys in the transit engine of HashiCorp Vault or OpenBao.

https://developer.hashicorp.com/vault/api-docs/secret/transit#sign-data
"""

import base64
from collections.abc import Mapping
from typing import Any

from c2pa_signer.key import Algorithm, digest
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError
from sluice.remote.tokens import bytes_of
from sluice.remote.transit import ABOUT, Transit

_HASHES = {Algorithm.ES256: "sha2-256", Algorithm.ES384: "sha2-384", Algorithm.PS256: "sha2-256"}


class VaultKey:
    """A key of type ecdsa-p256, ecdsa-p384, ed25519 or rsa-*; how Vault is found says `Transit`.

    Options of the address: `mount` (transit) and `version` of the key: without it Vault signs with the newest, which
    may not be the certificate's.
    """

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes, env: Mapping[str, str]) -> None:
        """Raises NotReadyError for what is not said."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        self._version = uri.options.get("version", "")
        if self._version and not self._version.isdecimal():
            raise NotReadyError("the version in Vault's key address should be a number")
        self._transit = Transit(uri.rest, uri.options.get("mount", ""), env)

    def __repr__(self) -> str:
        return f"<a key in Vault, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """One call of sign."""
        text = self._transit.call("sign", self._form(data), "sign").get("signature")
        # vault:v3:BASE64
        return bytes_of(text.rpartition(":")[2] if isinstance(text, str) else None, ABOUT, "signature")

    def close(self) -> None:
        """Closes the connections."""
        self._transit.close()

    def _form(self, data: bytes) -> Mapping[str, Any]:
        version = {"key_version": int(self._version)} if self._version else {}
        if self.algorithm is Algorithm.ED25519:
            return {**version, "input": base64.b64encode(data).decode()}
        form = {
            **version,
            "input": base64.b64encode(digest(self.algorithm, data)).decode(),
            "prehashed": True,
            "hash_algorithm": _HASHES[self.algorithm],
        }
        if self.algorithm is Algorithm.PS256:
            # By default Vault takes the longest salt; COSE wants that of the digest's length (RFC 8230).
            return {**form, "signature_algorithm": "pss", "salt_length": "hash"}
        return {**form, "marshaling_algorithm": "asn1"}

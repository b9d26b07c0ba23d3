"""Keys in the transit engine of HashiCorp Vault or OpenBao.

https://developer.hashicorp.com/vault/api-docs/secret/transit#sign-data
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from c2pa_signer.key import Algorithm, digest
from c2pa_signer.keys_http import Http
from c2pa_signer.keys_remote import SECONDS, signature_of
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError

_ABOUT = "Vault"
_HASHES = {Algorithm.ES256: "sha2-256", Algorithm.ES384: "sha2-384", Algorithm.PS256: "sha2-256"}


class VaultKey:
    """A key of type ecdsa-p256, ecdsa-p384, ed25519 or rsa-*.

    VAULT_ADDR says where; VAULT_TOKEN, or the file VAULT_TOKEN_FILE, which is read for every signature (an agent
    renews it), lets in. VAULT_NAMESPACE and VAULT_CACERT as everywhere. Options of the address: `mount` (transit) and
    `version` of the key: without it Vault signs with the newest, which may not be the certificate's.
    """

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes, env: Mapping[str, str]) -> None:
        """Raises NotReadyError for what is not said."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        address = env.get("VAULT_ADDR", "").rstrip("/")
        if not address:
            raise NotReadyError("VAULT_ADDR is not set: it says where Vault is, as https://vault:8200")
        if not env.get("VAULT_TOKEN") and not env.get("VAULT_TOKEN_FILE"):
            raise NotReadyError("neither VAULT_TOKEN nor VAULT_TOKEN_FILE is set")
        mount = uri.options.get("mount", "transit").strip("/")
        self._url = f"{address}/v1/{quote(mount)}/sign/{quote(uri.rest)}"
        self._version = uri.options.get("version", "")
        if self._version and not self._version.isdecimal():
            raise NotReadyError("the version in Vault's key address should be a number")
        self._token = env.get("VAULT_TOKEN", "")
        self._token_file = Path(env["VAULT_TOKEN_FILE"]) if env.get("VAULT_TOKEN_FILE") else None
        self._namespace = env.get("VAULT_NAMESPACE", "")
        self._http = Http(address, _ABOUT, SECONDS, Path(env["VAULT_CACERT"]) if env.get("VAULT_CACERT") else None)

    def __repr__(self) -> str:
        return f"<a key in Vault, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """One call of sign."""
        answer = self._http.post_json(self._url, self._headers(), self._form(data)).get("data")
        text = answer.get("signature") if isinstance(answer, dict) else None
        # vault:v3:BASE64
        return signature_of(text.rpartition(":")[2] if isinstance(text, str) else None, _ABOUT)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

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

    def _headers(self) -> Mapping[str, str]:
        token = self._token
        if self._token_file is not None:
            try:
                token = self._token_file.read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                raise NotReadyError("VAULT_TOKEN_FILE cannot be read") from error
        namespace = {"X-Vault-Namespace": self._namespace} if self._namespace else {}
        return {"X-Vault-Token": token, "X-Vault-Request": "true", **namespace}

"""The transit engine of HashiCorp Vault or OpenBao.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sluice.errors import NotReadyError
from sluice.remote.http import Http
from sluice.remote.tokens import SECONDS

ABOUT: Final = "Vault"


class Transit:
    """Calls about one key. Threads share one.

    VAULT_ADDR says where; VAULT_TOKEN, or the file VAULT_TOKEN_FILE, which is read for every call (an agent renews
    it), lets in. VAULT_NAMESPACE and VAULT_CACERT as everywhere.
    """

    def __init__(self, key: str, mount: str, env: Mapping[str, str]) -> None:
        """`mount`: of the engine; empty: `transit`. Raises NotReadyError for what is not said."""
        address = env.get("VAULT_ADDR", "").rstrip("/")
        if not address:
            raise NotReadyError("VAULT_ADDR is not set: it says where Vault is, as https://vault:8200")
        if not env.get("VAULT_TOKEN") and not env.get("VAULT_TOKEN_FILE"):
            raise NotReadyError("neither VAULT_TOKEN nor VAULT_TOKEN_FILE is set")
        self._engine = f"{address}/v1/{quote(mount.strip('/') or 'transit')}"
        self._key = quote(key)
        self._token = env.get("VAULT_TOKEN", "")
        self._token_file = Path(env["VAULT_TOKEN_FILE"]) if env.get("VAULT_TOKEN_FILE") else None
        self._namespace = env.get("VAULT_NAMESPACE", "")
        self._http = Http(address, ABOUT, SECONDS, Path(env["VAULT_CACERT"]) if env.get("VAULT_CACERT") else None)

    def call(
        self, method: str, form: Mapping[str, Any], what: str, bad: Callable[[], Exception] | None = None
    ) -> Mapping[str, Any]:
        """See `Http.post_json`; what is in `data` of the answer. `method`: as `sign`."""
        answer = self._http.post_json(f"{self._engine}/{method}/{self._key}", self._headers(), form, what, bad)
        found = answer.get("data")
        return found if isinstance(found, dict) else {}

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _headers(self) -> Mapping[str, str]:
        token = self._token
        if self._token_file is not None:
            try:
                token = self._token_file.read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                raise NotReadyError("VAULT_TOKEN_FILE cannot be read") from error
        namespace = {"X-Vault-Namespace": self._namespace} if self._namespace else {}
        return {"X-Vault-Token": token, "X-Vault-Request": "true", **namespace}

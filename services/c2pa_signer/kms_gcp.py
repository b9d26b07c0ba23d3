"""Keys in Google Cloud KMS: google-auth finds the credentials, the one call is made over HTTP.

https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions/asymmetricSign
"""

import base64
import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from c2pa_signer.key import Algorithm, digest
from c2pa_signer.keys_http import Http
from c2pa_signer.keys_remote import SECONDS, Tokens, library, signature_of
from c2pa_signer.keys_uri import KeyUri
from sluice.errors import NotReadyError, RetryableError

_ABOUT = "Google Cloud KMS"
_TOKENS = "Google's tokens"
_SCOPE = "https://www.googleapis.com/auth/cloudkms"
_ENDPOINT = "https://cloudkms.googleapis.com"


@dataclass(frozen=True, slots=True, repr=False)
class _Response:
    """An answer, as google-auth wants it. Has no repr: it may hold a token."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class GcpKey:
    """A version of a key for asymmetric signing. Its algorithm should be EC_SIGN_P256_SHA256, EC_SIGN_P384_SHA384,
    EC_SIGN_ED25519 or RSA_SIGN_PSS_*_SHA256."""

    def __init__(self, uri: KeyUri, algorithm: Algorithm, chain_pem: bytes) -> None:
        """Raises NotReadyError where the library is missing or no credentials are found."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        endpoint = uri.options.get("endpoint", _ENDPOINT).rstrip("/")
        self._url = f"{endpoint}/v1/{uri.rest}:asymmetricSign"
        self._http = Http(endpoint, _ABOUT, SECONDS)
        self._asking = Http(_ENDPOINT, _TOKENS, SECONDS)
        # The metadata server is beside this machine; through a proxy one would ask the proxy's, in plain text.
        self._beside = Http("http://metadata.google.internal", _TOKENS, SECONDS, direct=True)
        self._tokens = Tokens(_fetch(self._asking, self._beside))

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
        answer = self._http.post_json(self._url, self._tokens.header(), form)
        return signature_of(answer.get("signature"), _ABOUT)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()
        self._asking.close()
        self._beside.close()


def _fetch(far: Http, beside: Http) -> Callable[[], tuple[str, float]]:
    """A function for `Tokens`."""
    auth = library("google.auth", "gcp-kms")
    errors = library("google.auth.exceptions", "gcp-kms")

    def ask(url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> _Response:
        http = beside if url.startswith("http://") else far
        try:
            reply = http.ask(method, url, headers, body.encode() if isinstance(body, str) else body)
        except RetryableError as error:
            raise errors.TransportError(str(error)) from error
        return _Response(reply.status, reply.headers, reply.body)

    try:
        credentials, _ = auth.default(scopes=[_SCOPE], request=ask)
    except (errors.GoogleAuthError, ValueError) as error:
        raise NotReadyError(f"{_ABOUT}: no credentials: {type(error).__name__}") from None

    def fetch() -> tuple[str, float]:
        try:
            credentials.refresh(ask)
        except errors.TransportError as error:
            raise RetryableError(f"{_ABOUT}: no token: {type(error).__name__}") from None
        except (errors.GoogleAuthError, ValueError) as error:
            raise NotReadyError(f"{_ABOUT}: no token: {type(error).__name__}") from None
        # The library's times are UTC without saying so.
        ends = float(calendar.timegm(credentials.expiry.utctimetuple())) if credentials.expiry else 0.0
        return str(credentials.token), ends

    return fetch

"""Google Cloud KMS: google-auth finds the credentials, calls are made over HTTP.

https://cloud.google.com/kms/docs/reference/rest
"""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice.errors import NotReadyError, RetryableError
from sluice.remote.http import Http
from sluice.remote.tokens import SECONDS, Tokens, library

ABOUT: Final = "Google Cloud KMS"
_TOKENS: Final = "Google's tokens"
_SCOPE: Final = "https://www.googleapis.com/auth/cloudkms"
_ENDPOINT: Final = "https://cloudkms.googleapis.com"


class GoogleKms:
    """Calls about one key. Threads share one."""

    def __init__(self, name: str, endpoint: str = "") -> None:
        """`name`: of the key, `projects/...`; `endpoint`: instead of Google's. Raises NotReadyError where the library
        is missing or no credentials are found."""
        endpoint = endpoint.rstrip("/") or _ENDPOINT
        self._url = f"{endpoint}/v1/{name}"
        self._http = Http(endpoint, ABOUT, SECONDS)
        self._asking = Http(_ENDPOINT, _TOKENS, SECONDS)
        # The metadata server is beside this machine; through a proxy one would ask the proxy's, in plain text.
        self._beside = Http("http://metadata.google.internal", _TOKENS, SECONDS, direct=True)
        self._tokens = Tokens(_fetch(self._asking, self._beside))

    def call(
        self, method: str, form: Mapping[str, Any], what: str, bad: Callable[[], Exception] | None = None
    ) -> Mapping[str, Any]:
        """See `Http.post_json`. `method`: of the key, as `asymmetricSign`."""
        return self._http.post_json(f"{self._url}:{method}", self._tokens.header(), form, what, bad)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()
        self._asking.close()
        self._beside.close()


@dataclass(frozen=True, slots=True, repr=False)
class _Response:
    """An answer, as google-auth wants it. Has no repr: it may hold a token."""

    status: int
    headers: Mapping[str, str]
    data: bytes


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
        raise NotReadyError(f"{ABOUT}: no credentials: {type(error).__name__}") from None

    def fetch() -> tuple[str, float]:
        try:
            credentials.refresh(ask)
        except errors.TransportError as error:
            raise RetryableError(f"{ABOUT}: no token: {type(error).__name__}") from None
        except (errors.GoogleAuthError, ValueError) as error:
            raise NotReadyError(f"{ABOUT}: no token: {type(error).__name__}") from None
        # The library's times are UTC without saying so.
        ends = float(calendar.timegm(credentials.expiry.utctimetuple())) if credentials.expiry else 0.0
        return str(credentials.token), ends

    return fetch

"""What services that keep keys have in common: access tokens, bytes as text, libraries as extras."""

import base64
import binascii
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from sluice.errors import NotReadyError, RetryableError

SECONDS: Final = 10.0
"""For one answer, whatever the service."""
_EARLY_SECONDS: Final = 120.0
"""Before a token's end, when a new one is asked for."""


class Tokens:
    """One access token, shared by threads. Has no repr: it holds a secret."""

    __slots__ = ("_ends", "_fetch", "_lock", "_token")

    def __init__(self, fetch: Callable[[], tuple[str, float]]) -> None:
        """`fetch`: a token and when it ends, seconds since 1970; it raises RetryableError or NotReadyError."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def __repr__(self) -> str:
        return "<an access token>"

    def header(self) -> dict[str, str]:
        """The request header that carries it."""
        with self._lock:
            if time.time() > self._ends - _EARLY_SECONDS:
                self._token, self._ends = self._fetch()
            return {"Authorization": f"Bearer {self._token}"}


def library(module: str, extra: str) -> Any:
    """A module of a library that only some installations have. Raises NotReadyError with the command that adds it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise NotReadyError(f"this kind of key needs an extra: pip install 'sluice[{extra}]'") from error


def bytes_of(text: object, about: str, what: str, url_safe: bool = False) -> bytes:
    """The bytes of a base64 text, padded or not. RetryableError where the service's answer holds none."""
    if isinstance(text, str) and text:
        padded = text + "=" * (-len(text) % 4)
        try:
            return base64.urlsafe_b64decode(padded) if url_safe else base64.b64decode(padded, validate=True)
        except (binascii.Error, ValueError):
            pass
    raise RetryableError(f"{about}: its answer holds no {what}")

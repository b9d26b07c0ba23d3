"""Who calls, by the certificate that the caller has shown: its URI and DNS names, never its common name.

The names are read from the certificate itself. gRPC's own list of them mixes kinds, and ends a name at a zero byte,
so that `orchestrator\\0.example` would pass for `orchestrator`.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509

KEPT: Final = 1024
"""Certificates whose names are kept: a caller shows the same one at each of its calls."""
PEM: Final = "x509_pem_cert"
"""Where gRPC keeps the caller's own certificate."""
_DNS = re.compile(r"[a-z0-9_*]([a-z0-9_.-]*[a-z0-9_])?")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """`identities`: names of the certificate. `ends`: when it does, UTC."""

    identities: frozenset[str]
    ends: dt.datetime

    def __str__(self) -> str:
        return ", ".join(sorted(self.identities)) or "no identity"


def identity(text: str) -> str | None:
    """A name in the form in which names are compared, or None for what is none: a URI has a scheme, a DNS name has no
    colon, so neither can be taken for the other."""
    if ":" in text:
        return text if _URI.fullmatch(text) else None
    # Some letters beyond ASCII become ASCII ones in lower case.
    return text.lower() if text.isascii() and _DNS.fullmatch(text.lower()) else None


def read_caller(pem: bytes) -> Caller | None:
    """The caller of a certificate; None where it cannot be read."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = _names(certificate)
    except ValueError:
        return None
    return Caller(frozenset(names), certificate.not_valid_after_utc)


class Callers:
    """Tells callers by what gRPC knows of a call, and keeps the last ones."""

    def __init__(self) -> None:
        self._read: Callable[[bytes], Caller | None] = lru_cache(maxsize=KEPT)(read_caller)

    def of(self, auth_context: Mapping[str, Iterable[bytes]]) -> Caller | None:
        """None where no certificate was shown, or one that cannot be read."""
        shown = list(auth_context.get(PEM, ()))
        return self._read(shown[0]) if len(shown) == 1 else None


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    uris = [name for name in names.get_values_for_type(x509.UniformResourceIdentifier) if ":" in name]
    hosts = [name for name in names.get_values_for_type(x509.DNSName) if ":" not in name]
    return [found for name in (*uris, *hosts) if (found := identity(name))]

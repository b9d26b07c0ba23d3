"""Until when a caller's certificate holds under the authorities that are trusted now.

The handshake has judged the chain under those that were trusted then; this asks again, for connections outlive a
change of ca.crt. It is no substitute for the handshake: names, purposes and constraints were judged there.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from sluice.host.identity import KEPT, PEM
from sluice.refreshed import Current
from sluice.tls_files import TlsFiles

MOST_CERTIFICATES: Final = 10
"""Of a chain that a caller shows; more are not looked at."""
_CHAIN = "x509_pem_cert_chain"
"""What was shown beside the caller's own certificate."""
_UNTOLD = (
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    InvalidSignature,
    UnsupportedAlgorithm,
    TypeError,
    ValueError,
)


class Trust:
    """Judges callers by what gRPC knows of a call, and keeps the last judgements. `files`: of any moment."""

    def __init__(self, files: Current[TlsFiles]) -> None:
        self._files = files
        self._until: Callable[[bytes, bytes], dt.datetime | None] = lru_cache(maxsize=KEPT)(trusted_until)

    def holds(self, auth_context: Mapping[str, Iterable[bytes]], now: dt.datetime) -> bool:
        """Whether the chain that was shown leads to an authority of the present ca.crt."""
        shown = b"\n".join([*auth_context.get(PEM, ()), *auth_context.get(_CHAIN, ())])
        until = self._until(shown, self._files.value.authority)
        return until is not None and now < until


def trusted_until(chain: bytes, authority: bytes) -> dt.datetime | None:
    """When the longest-lived way from the chain's first certificate to one of `authority` ends, UTC; None: there is
    none. Both PEM. A certificate that is listed itself needs no issuer, as in gRPC's own judgement."""
    try:
        shown = x509.load_pem_x509_certificates(chain)[:MOST_CERTIFICATES]
        anchors = x509.load_pem_x509_certificates(authority)
    except ValueError:
        return None
    issuers = [[place for place, other in enumerate(shown) if _issued(other, one)] for one in shown]
    ends: list[list[dt.datetime]] = [
        [anchor.not_valid_after_utc for anchor in anchors if anchor == one or _issued(anchor, one)] for one in shown
    ]
    until: dict[int, dt.datetime] = {}
    # No way is longer than there are certificates.
    for _ in shown:
        for place, one in enumerate(shown):
            if ways := [*ends[place], *(until[issuer] for issuer in issuers[place] if issuer in until)]:
                until[place] = min(one.not_valid_after_utc, max(ways))
    return until.get(0)


def _issued(issuer: x509.Certificate, one: x509.Certificate) -> bool:
    """Whether an authority's certificate issued the other one. What cannot be told did not."""
    try:
        one.verify_directly_issued_by(issuer)
        found = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
    except _UNTOLD:
        return False
    return found.value.ca

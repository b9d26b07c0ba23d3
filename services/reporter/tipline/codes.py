"""What the CyberTipline's response codes and HTTP statuses mean for a report.

The codes are those of the public documentation, report.cybertip.org/ispws/documentation, which says that its list is
not complete. So a code that is not here is read by its first digit: from 1000 on the server's own trouble, everything
else ours.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reporter.ports import Refusal, TiplineError

SERVER_ERROR: Final = 1000
UNAUTHENTICATED: Final = 2000
UNAUTHORISED: Final = 3000
INVALID: Final = 4100
MALFORMED_XML: Final = 4110
MALFORMED_FILE: Final = 4200
NO_REPORT: Final = 5001
NO_FILE: Final = 5002
RETRACTED: Final = 5101
FINISHED: Final = 5102

MEANINGS: Final[Mapping[int, tuple[Refusal, str]]] = MappingProxyType(
    {
        SERVER_ERROR: (Refusal.RETRY, "the server failed"),
        1100: (Refusal.RETRY, "the server could not save"),
        1110: (Refusal.RETRY, "the server could not take the upload"),
        1111: (Refusal.RETRY, "the server could not take the file"),
        1210: (Refusal.TERMINAL, "the server knows no such resource"),
        1300: (Refusal.RETRY, "the server could not update"),
        UNAUTHENTICATED: (Refusal.TERMINAL, "the credentials are missing or wrong"),
        UNAUTHORISED: (Refusal.TERMINAL, "the credentials do not allow this"),
        3100: (Refusal.TERMINAL, "the credentials do not allow reports"),
        3300: (Refusal.TERMINAL, "the credentials do not allow changes"),
        4000: (Refusal.TERMINAL, "the request is not valid"),
        INVALID: (Refusal.TERMINAL, "the document is not valid"),
        MALFORMED_XML: (Refusal.TERMINAL, "the document is not well-formed"),
        MALFORMED_FILE: (Refusal.TERMINAL, "the file's form is not valid"),
        NO_REPORT: (Refusal.GONE, "there is no such report"),
        NO_FILE: (Refusal.TERMINAL, "there is no such file in the report"),
        RETRACTED: (Refusal.GONE, "the report was retracted"),
        FINISHED: (Refusal.ALREADY, "the report is finished"),
    }
)
"""Code -> what it means, and in our words. The server's words are never kept: they may repeat what was sent."""

_PASSING: Final = frozenset({408, 425, 429})


def of_code(code: int) -> TiplineError:
    """The error that a code other than 0 is."""
    if code in MEANINGS:
        kind, words = MEANINGS[code]
        return TiplineError(kind, code, words)
    if SERVER_ERROR <= code < UNAUTHENTICATED:
        return TiplineError(Refusal.RETRY, code, "the server failed, with a code that is not documented")
    return TiplineError(Refusal.TERMINAL, code, "refused, with a code that is not documented")


def of_status(status: int) -> TiplineError:
    """The error that an HTTP status other than 2xx is, where the body has no code that says more."""
    if status in _PASSING or status >= 500:
        return TiplineError(Refusal.RETRY, 0, f"HTTP status {status}")
    if status == 401:
        return TiplineError(Refusal.TERMINAL, UNAUTHENTICATED, MEANINGS[UNAUTHENTICATED][1])
    if status == 403:
        return TiplineError(Refusal.TERMINAL, UNAUTHORISED, MEANINGS[UNAUTHORISED][1])
    if 300 <= status < 400:
        return TiplineError(Refusal.TERMINAL, 0, "sent on to another address: credentials do not follow it")
    return TiplineError(Refusal.TERMINAL, 0, f"HTTP status {status}")

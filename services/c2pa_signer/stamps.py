"""Timestamps from several authorities (RFC 3161): the first that answers, and a rest for those that do not."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from sluice.errors import NotReadyError, RetryableError
from sluice.remote.http import Http

SECONDS = 5.0
"""For one authority."""
ALL_SECONDS = 20.0
"""For all of them; the C2PA library gives up on us after thirty."""
_FAILURES = 2
"""In a row, after which an authority rests."""
_REST_SECONDS = 30.0
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
_SHA256_HEAD = b"\x04\x20"
"""Tag and length of the digest in a query."""


class Down(StrEnum):
    """What becomes of a picture while no authority answers."""

    HOLD = "hold"
    """It waits."""
    UNSTAMPED = "unstamped"
    """It leaves without a timestamp: it stops being valid on the day its certificate ends."""


@dataclass(slots=True)
class _Authority:
    url: str
    http: Http
    failures: int = 0
    rests_until: float = 0.0
    trying: bool = False
    """One call looks whether it is back; the others go on without it."""
    reason: str = ""


@dataclass(slots=True)
class Stamps:
    """Threads share one.

    An authority that failed twice in a row is left alone for half a minute, and then tried by one call.
    """

    urls: Sequence[str]
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    _authorities: Sequence[_Authority] = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._authorities = [
            _Authority(url, Http(url, f"timestamp authority {_host(url)}", self.seconds)) for url in self.urls
        ]

    def ask(self, query: bytes) -> bytes:
        """The reply to a DER TimeStampReq, of the first authority that grants one. RetryableError: none does."""
        end = self.clock() + ALL_SECONDS
        for authority in self._authorities:
            if self.clock() > end or not self._enter(authority):
                continue
            reason = "failed"
            try:
                reply = authority.http.ask("POST", authority.url, _HEADERS, query)
                reason = _objection(query, reply.body) if reply.status == 200 else f"HTTP status {reply.status}"
                if not reason:
                    return reply.body
            except (RetryableError, NotReadyError) as error:
                reason = str(error)
            finally:
                self._leave(authority, reason)
        raise RetryableError("no timestamp authority answers")

    def available(self) -> bool:
        """Whether asking may help: not all of them rest."""
        now = self.clock()
        with self._lock:
            return any(each.rests_until <= now and not (each.trying and each.failures) for each in self._authorities)

    def troubles(self) -> Mapping[str, str]:
        """Host of each authority -> what was wrong with its last answer; empty: nothing."""
        with self._lock:
            return {_host(each.url): each.reason for each in self._authorities}

    def close(self) -> None:
        """Closes the connections."""
        for authority in self._authorities:
            authority.http.close()

    def _enter(self, authority: _Authority) -> bool:
        with self._lock:
            if authority.failures < _FAILURES:
                return True
            if authority.trying or authority.rests_until > self.clock():
                return False
            authority.trying = True
            return True

    def _leave(self, authority: _Authority, reason: str) -> None:
        with self._lock:
            authority.trying = False
            authority.reason = reason
            authority.failures = authority.failures + 1 if reason else 0
            rests = authority.failures >= _FAILURES
            authority.rests_until = self.clock() + _REST_SECONDS if rests else 0.0


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _objection(query: bytes, reply: bytes) -> str:
    """Why a reply is none; what is in the token the C2PA library checks."""
    status = _status(reply)
    if status not in (0, 1):
        return f"refused: status {status}"
    place = query.find(_SHA256_HEAD)
    if place < 0 or query[place : place + 34] not in reply:
        return "stamped something else"
    return ""


def _status(reply: bytes) -> int:
    """PKIStatus (RFC 3161, 2.4.2) of TimeStampResp: a sequence that begins with a sequence that begins with it."""
    inner = _content(_content(reply))
    return inner[2] if len(inner) > 2 and inner[:2] == b"\x02\x01" else -1


def _content(der: bytes) -> bytes:
    """Of the DER sequence at the beginning; empty where there is none."""
    if len(der) < 2 or der[0] != 0x30:
        return b""
    long = der[1] - 0x80 if der[1] > 0x80 else 0
    return der[2 + long :]

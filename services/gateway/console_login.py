"""The console's login: a form that takes a key, and a cookie that stands for it. Pure but for the time.

The cookie is not readable by scripts, goes along with this site's own requests alone, and away from this machine over
TLS alone. A form that another site sends is refused as well.
"""

from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gateway.console_sessions import LIFE_MS

COOKIE: Final = "sluice_console"
MOST_FORM: Final = 4096
"""Bytes of a form."""
_MOST_FIELDS: Final = 8
_PATH: Final = "/console"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_OURS: Final = frozenset({"same-origin", "none"})


def cookie_of(request: Request) -> str:
    """What the cookie holds; empty where there is none."""
    return request.cookies.get(COOKIE, "")


def put_cookie(request: Request, response: Response, value: str) -> None:
    """Has the browser keep it as long as the session lasts."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=LIFE_MS // 1000,
        path=_PATH,
        secure=not is_local(request),
        httponly=True,
        samesite="strict",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Has the browser forget it."""
    response.delete_cookie(COOKIE, path=_PATH, secure=not is_local(request), httponly=True, samesite="strict")


def is_local(request: Request) -> bool:
    """Whether the browser asks this machine's own address: there is no network in between then."""
    return _split(f"//{request.headers.get('host', '')}").hostname in _LOOPBACK


def is_own(request: Request) -> bool:
    """Whether the form comes from a page of ours. Every browser of today says it by one of these headers."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OURS
    origin = request.headers.get("origin")
    return origin is None or _split(origin).netloc == request.headers.get("host", "")


def field_of(body: bytes, name: str) -> str:
    """A field of a form; empty where it has none, or where there are more fields than any form of ours has."""
    try:
        found = parse_qs(body.decode("ascii", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return ""
    return found.get(name, [""])[0].strip()


def _split(address: str) -> SplitResult:
    """Its parts; none where it is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")

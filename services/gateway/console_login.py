"""The console's login: a form that takes a key, and a cookie that stands for it. Pure but for the time.

The cookie is not readable by scripts, goes along with this site's own requests alone, and away from this machine over
TLS alone. A form that another site sends is refused as well.
"""

from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gateway.console_sessions import LIFE_MS

COOKIE: Final = "sluice_console"
MOST_FORM: Final = 4096
"""Bytes of a form."""
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
    return (urlsplit(f"//{request.headers.get('host', '')}").hostname or "") in _LOOPBACK


def is_own(request: Request) -> bool:
    """Whether the form comes from a page of ours. Every browser of today says it by one of these headers."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OURS
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def field_of(body: bytes, name: str) -> str:
    """A field of a form; empty where it has none."""
    found = parse_qs(body.decode("ascii", "replace"), max_num_fields=8)
    return found.get(name, [""])[0].strip()

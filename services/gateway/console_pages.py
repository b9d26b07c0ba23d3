"""The console's pages, and who gets them: whoever has logged in. All others get the login."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.body import read_body
from gateway.console_login import MOST_FORM, cookie_of, drop_cookie, field_of, is_own, put_cookie
from gateway.console_sessions import Sessions
from gateway.console_templates import Templates
from gateway.console_view import request_view
from gateway.errors import ApiError
from gateway.keys import digest_of, is_secret
from gateway.parts import Parts
from gateway.refused import api_error
from gateway.requests_known import canonical, follower_of, look_up
from gateway.scopes import Caller, Scope
from sluice.errors import SluiceError
from sluice.host.room import Room

HOME: Final = "/console/decisions"
LOGIN: Final = "/console/login"
MOST_LOGINS: Final = 16
"""Forms that are read at once. No other body is taken without a key: who sends these slowly takes no room from those
who have one."""
SAFE: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

Show = Callable[[Caller], Awaitable[Response]]


class Console:
    """Makes pages."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.sessions = Sessions(parts.database)
        self.templates = Templates()
        self._logins = Room(MOST_LOGINS)

    def page(self, name: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        """A template, filled in."""
        return HTMLResponse(self.templates.page(name, **values), status, dict(SAFE))

    async def shown(self, request: Request, show: Show) -> Response:
        """The page for whoever is logged in; the login for all others, and errors as pages."""
        try:
            return await show(await self.viewer(request))
        except SluiceError as error:
            found = api_error(error)
        if found.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return RedirectResponse(f"{LOGIN}?next={quote(request.url.path, safe='')}", HTTPStatus.SEE_OTHER)
        return self.page("problem.html", found.status, title=found.status.phrase, message=found.message)

    async def viewer(self, request: Request) -> Caller:
        """Who is logged in. ApiError 401, 403; RetryableError."""
        cookie = cookie_of(request)
        key = await self.sessions.key_of(cookie, self.parts.now()) if cookie else None
        if key is None:
            raise ApiError(HTTPStatus.UNAUTHORIZED, "no_session", "Nobody is logged in.")
        return await self.parts.gate.known(key, Scope.CONSOLE)

    async def log_in(self, request: Request) -> Response:
        """Takes the login's form."""
        with self._logins.held():
            body = await read_body(request, MOST_FORM)
        secret, aim = field_of(body, "key"), field_of(body, "next")
        if not is_own(request):
            return self._login(HTTPStatus.FORBIDDEN, "This form did not come from this page.")
        try:
            if not is_secret(secret):
                raise ApiError(HTTPStatus.UNAUTHORIZED, "invalid_api_key", "This is not a key.")
            await self.parts.gate.admit(secret, Scope.CONSOLE)
            cookie = await self.sessions.begin(digest_of(secret), self.parts.now())
        except SluiceError as error:
            found = api_error(error)
            return self._login(found.status, found.message, aim)
        # Nowhere but to a page of ours.
        answer = RedirectResponse(aim if aim.startswith("/console/") else HOME, HTTPStatus.SEE_OTHER)
        put_cookie(request, answer, cookie)
        return answer

    async def log_out(self, request: Request) -> Response:
        """Ends the session."""
        answer = RedirectResponse(LOGIN, HTTPStatus.SEE_OTHER)
        if is_own(request):
            await self.sessions.end(cookie_of(request))
            drop_cookie(request, answer)
        return answer

    def _login(self, status: HTTPStatus, problem: str = "", aim: str = "") -> HTMLResponse:
        return self.page("login.html", status, problem=problem, next=aim)

    async def ask_login(self, request: Request) -> Response:
        """The login's form."""
        return self._login(HTTPStatus.OK, aim=request.query_params.get("next", ""))

    async def decisions(self, request: Request, who: Caller) -> Response:
        """The newest decisions of the caller's tenant."""
        action = request.query_params.get("action", "")
        rows = [row for row in follower_of(self.parts).newest(who.tenant) if action in ("", row.action)]
        return self.page("decisions.html", who=who, rows=rows, action=action)

    async def one(self, request_id: str, who: Caller) -> Response:
        """One request's way. ApiError 404 for another tenant's."""
        known = await look_up(self.parts, canonical(request_id.strip()), who.tenant)
        policy = self.parts.policy.value if self.parts.policy is not None else None
        return self.page("request.html", who=who, view=request_view(known, policy))

"""The console over HTTP: who gets in, what pages hold, and what they never hold."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import httpx2
import pytest

from gateway import key_ring
from gateway.console_login import COOKIE
from gateway.console_sessions import LIFE_MS, Sessions
from gateway.errors import unavailable
from gateway.keys import digest_of
from gateway.scopes import Scope
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK, Action, Decision, Reason
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT
from tests.unit.gateway_door import NOW_MS, Door, raising
from tests.unit.gateway_followed import open_followed
from tests.unit.gateway_log import LogOf, a_log, heard

REQUEST = str(uuid.UUID(int=7))
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def log() -> Iterator[LogOf]:
    with a_log() as found:
        yield found


@pytest.fixture
async def door(tmp_path: Path, log: LogOf) -> AsyncIterator[Door]:
    async with open_followed(tmp_path, log) as found:
        yield found


@asynccontextmanager
async def a_browser(door: Door) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody without a key in a header, who keeps cookies and goes where the door sends him."""
    async with httpx2.AsyncClient(base_url=door.url, timeout=30, follow_redirects=True) as client:
        yield client


async def log_in(browser: httpx2.AsyncClient, secret: str, aim: str = "") -> httpx2.Response:
    return await browser.post("/console/login", data={"key": secret, "next": aim})


def decision(
    request_id: str = REQUEST, action: Action.ValueType = ACTION_BLOCK, tenant: str = "tenant-1"
) -> Decision:
    found = Decision(
        request_id=request_id,
        tenant=tenant,
        action=action,
        complete=True,
        stage=STAGE_OUTPUT,
        inputs=[heard("image", 3, NOW_MS + 5)],
        policy_version=SCRIPT,
        policy_digest=bytes(32),
        requested_at_ms=NOW_MS,
        prepared_at_ms=NOW_MS + 4,
        decided_at_ms=NOW_MS + 30,
    )
    found.contents.add(id="c0", role=ROLE_GENERATED, sha256=bytes(32), kind="image")
    if action != ACTION_ALLOW:
        reason = Reason(
            rule="violence", category="violence", score=0.93, threshold=0.5, check="image", content_id="c0"
        )
        reason.action = action
        found.reasons.extend([reason])
    return found


async def until_read(door: Door, tenant: str = "tenant-1", count: int = 1) -> None:
    follower = door.parts.follower
    assert follower is not None
    async with asyncio.timeout(30):
        while len(follower.newest(tenant)) < count:
            await asyncio.sleep(0.01)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


async def test_nobody_gets_in_without_a_key(door: Door, log: LogOf) -> None:
    log.decision(decision())
    await until_read(door)
    async with a_browser(door) as browser:
        for path in ("/console", "/console/decisions", f"/console/requests/{REQUEST}"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.url.path) == (200, "/console/login")
            assert REQUEST not in answer.text.replace(f"%2F{REQUEST}", "").replace(f"/{REQUEST}", "")
        assert (await browser.get("/console/decisions/events")).status_code == 401


@pytest.mark.parametrize("key", ["", "swordfish", "sk-sluice-" + "A" * 43])
async def test_a_key_that_is_none_does_not_open_it(door: Door, key: str) -> None:
    async with a_browser(door) as browser:
        answer = await log_in(browser, key)
        assert answer.status_code == 401
        assert not browser.cookies
        assert not key or key not in answer.text
        assert 'role="alert"' in answer.text


async def test_a_key_without_the_scope_does_not_open_it(door: Door) -> None:
    async with a_browser(door) as browser:
        answer = await log_in(browser, await door.key([Scope.READ, Scope.MODERATE]))
        assert answer.status_code == 403
        assert not browser.cookies


async def test_a_key_is_exchanged_for_a_cookie(door: Door) -> None:
    async with a_browser(door) as browser:
        answer = await log_in(browser, door.secret)
        assert (answer.status_code, answer.url.path) == (200, "/console/decisions")
        said = answer.history[0].headers["set-cookie"]
        for word in ("HttpOnly", "SameSite=strict", "Path=/console", f"Max-Age={LIFE_MS // 1000}"):
            assert word in said
        # On this machine's own address there is no TLS.
        assert "Secure" not in said
        assert door.secret not in str(said)
        assert door.secret not in door.said.getvalue()
        away = await browser.post("/console/login", data={"key": door.secret}, headers={"host": "sluice.example.org"})
        assert "Secure" in away.history[0].headers["set-cookie"]


async def test_after_the_login_it_goes_where_one_wanted_to(door: Door, log: LogOf) -> None:
    log.decision(decision())
    await until_read(door)
    async with a_browser(door) as browser:
        asked = await browser.get(f"/console/requests/{REQUEST}")
        aim = re.search(r'name="next" value="([^"]*)"', asked.text)
        assert aim is not None
        assert (await log_in(browser, door.secret, aim[1])).url.path == f"/console/requests/{REQUEST}"
        assert (await log_in(browser, door.secret, "https://elsewhere.example/")).url.path == "/console/decisions"
        assert (await log_in(browser, door.secret, "//elsewhere.example/")).url.path == "/console/decisions"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://["},
        {"origin": "null"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_sites_form_does_nothing(door: Door, headers: dict[str, str]) -> None:
    async with a_browser(door) as browser:
        refused = await browser.post("/console/login", data={"key": door.secret}, headers=headers)
        assert refused.status_code == 403
        await log_in(browser, door.secret)
        await browser.post("/console/logout", headers=headers)
        assert (await browser.get("/console/decisions")).url.path == "/console/decisions"


async def test_a_host_that_is_none_is_not_this_machine(door: Door) -> None:
    async with a_browser(door) as browser:
        form = {"key": door.secret}
        answer = await browser.post("/console/login", data=form, headers={"host": "["}, follow_redirects=False)
        assert answer.status_code == 303
        assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("form", ["&".join("abcdefghij"), "key=%ff&next=%00", "key", "\xff"])
async def test_a_form_that_is_none_of_ours_holds_no_key(door: Door, form: str) -> None:
    async with a_browser(door) as browser:
        assert (await browser.post("/console/login", content=form.encode("latin-1"))).status_code == 401


async def test_a_session_ends_with_a_logout_its_time_or_its_key(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ring, "KEPT_SECONDS", 0.0)
    async with a_browser(door) as browser:
        await log_in(browser, door.secret)
        cookie = browser.cookies[COOKIE]
        assert (await browser.post("/console/logout")).url.path == "/console/login"
        assert not browser.cookies
        again = await browser.get("/console/decisions", headers={"cookie": f"{COOKIE}={cookie}"})
        assert again.url.path == "/console/login"
    sessions = Sessions(door.parts.database)
    cookie = await sessions.begin(b"digest", 1000)
    assert await sessions.key_of(cookie, 999 + LIFE_MS) == b"digest"
    assert await sessions.key_of(cookie, 1000 + LIFE_MS) is None
    await sessions.forget(1000 + LIFE_MS)
    assert await sessions.key_of(cookie, 1000) is None
    async with a_browser(door) as browser:
        secret = await door.key()
        await log_in(browser, secret)
        key = await door.store.find(digest_of(secret))
        assert key is not None
        await door.store.revoke(key.id, NOW_MS)
        assert (await browser.get("/console/decisions")).url.path == "/console/login"


async def test_the_list_has_the_tenants_own_decisions_the_newest_first(door: Door, log: LogOf) -> None:
    ids = [str(uuid.UUID(int=number)) for number in (1, 2, 3)]
    log.decision(decision(ids[0], ACTION_ALLOW))
    await until_read(door)
    log.decision(decision(ids[1]))
    log.decision(decision(ids[2], tenant="tenant-2"))
    await until_read(door, count=2)
    await until_read(door, "tenant-2")
    async with a_browser(door) as browser:
        page = (await log_in(browser, door.secret)).text
        assert re.findall(r'<tr data-id="([^"]+)"', page) == [ids[1], ids[0]]
        only = (await browser.get("/console/decisions?action=BLOCK")).text
        assert re.findall(r'<tr data-id="([^"]+)"', only) == [ids[1]]
        assert ids[2] not in page
        assert (await browser.get(f"/console/requests/{ids[2]}")).status_code == 404
        for nothing in (str(uuid.uuid4()), "", "a/b", "%2F", "x?"):
            none = await browser.get("/console/requests", params={"id": nothing})
            assert none.status_code == 404
            assert "There is no such request" in none.text
            assert none.headers["content-type"].startswith("text/html")


async def test_one_request_from_its_id(door: Door, log: LogOf) -> None:
    log.decision(decision())
    await until_read(door)
    async with a_browser(door) as browser:
        await log_in(browser, door.secret)
        answer = await browser.get("/console/requests", params={"id": f" {REQUEST.upper()} "})
        assert answer.status_code == 200
        page = text_of(answer.text)
        assert f"BLOCK {REQUEST}" in page
        assert "violence 0.93 from image on c0 (generated picture) reached the threshold 0.50" in page
        assert "reads the request and its pictures" in page
        # What others wrote is text, whatever it looks like.
        assert SCRIPT not in answer.text
        assert SCRIPT in page


async def test_what_is_not_decided_says_so(door: Door) -> None:
    door.road.wait = asyncio.Event()
    door.road.answer = raising(unavailable("no_decision", "Nobody answered."))
    asked = await door.client.post("/v1/requests", json={"prompt": "a lighthouse", "wait": False})
    request_id = asked.json()["request_id"]
    async with a_browser(door) as browser:
        await log_in(browser, door.secret)
        page = text_of((await browser.get(f"/console/requests/{request_id}")).text)
        assert f"PENDING {request_id}" in page
        door.road.wait.set()
        await door.parts.later.drain(20)
        page = text_of((await browser.get(f"/console/requests/{request_id}")).text)
        assert f"FAILED {request_id}" in page
        assert "No decision will come: Nobody answered." in page


async def test_pages_hold_no_pictures_and_nothing_from_elsewhere(door: Door, log: LogOf) -> None:
    log.decision(decision())
    await until_read(door)
    async with a_browser(door) as browser:
        answers = [
            await browser.get("/console/login"),
            await log_in(browser, door.secret),
            await browser.get(f"/console/requests/{REQUEST}"),
            await browser.get(f"/console/requests/{uuid.uuid4()}"),
        ]
        for answer in answers:
            assert "<img" not in answer.text
            assert "http" not in answer.text
            assert not re.search(r"\son[a-z]+=|\sstyle=|<style|<script(?! src=)", answer.text)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
        for name in set(re.findall(r'(?:src|href)="(/console/static/[^"]+)"', "".join(a.text for a in answers))):
            got = await browser.get(name)
            assert (got.status_code, "immutable" in got.headers["cache-control"]) == (200, True)
        assert (await browser.get("/console/static/../pyproject.toml")).status_code == 404
        assert (await browser.get("/console/static/base.html")).status_code == 404


async def test_every_table_and_field_says_what_it_is(door: Door, log: LogOf) -> None:
    log.decision(decision())
    await until_read(door)
    async with a_browser(door) as browser:
        pages = [(await log_in(browser, door.secret)).text, (await browser.get(f"/console/requests/{REQUEST}")).text]
        pages.append((await browser.get("/console/login")).text)
        for page in pages:
            assert '<html lang="en">' in page
            assert page.count("<table") == page.count("<caption") == page.count("<thead>")
            assert all("scope=" in each for each in re.findall(r"<th\b[^>]*>", page))
            fields = re.findall(r'<input id="([^"]+)"', page)
            assert all(f'<label for="{each}">' in page for each in fields)
            assert len(re.findall("<h1", page)) == 1
            assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", page))


async def test_new_decisions_come_by_themselves(door: Door, log: LogOf) -> None:
    async with a_browser(door) as browser:
        await log_in(browser, door.secret)
        async with asyncio.timeout(60), browser.stream("GET", "/console/decisions/events?since=0") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            log.decision(decision(tenant="tenant-2"))
            log.decision(decision())
            while not (line := await anext(lines)).startswith("data: "):
                pass
            assert f'"id": "{REQUEST}"' in line
            # A door that closes ends the stream.
            door.parts.stopping.set()
            assert "decided" not in [each async for each in lines]

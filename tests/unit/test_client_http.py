"""Calls over real HTTP: what goes over the wire, and that every way to fail is told as that."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from sluice.client.http import Http
from sluice.client.settings import Options, read_client
from sluice.client.wire import Answer, Call, NoReply, Reply, Silence
from sluice.errors import ConfigError
from sluice.telemetry.trace_context import TraceContext
from tests.unit.client_gateway import KEY, Gateway, drip, drop, flood, half, hang, serving, status
from tests.unit.picture_host import certificate

TRACE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True, "vendor=value")
UPLOAD = Call("POST", "/v1/uploads", b"some bytes", "image/png")
MakeHttp = Callable[..., Http]


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving() as found:
        yield found


def http(url: str, **options: Any) -> Http:
    told: Options = {"env": {}, **options}  # type: ignore[typeddict-item] # as a test says
    return Http(read_client(url, KEY, told))


async def ask(url: str, call: Call = UPLOAD, seconds: float = 5.0, **options: Any) -> Answer:
    client = http(url, **options)
    try:
        return await client.ask(call, seconds, TRACE)
    finally:
        await client.close()


async def test_a_call_carries_the_key_and_the_trace(gateway: Gateway) -> None:
    found = await ask(gateway.url)
    assert isinstance(found, Reply)
    assert found.status == 201
    (asked,) = gateway.asked
    assert asked.body == b"some bytes"
    told = {name: asked.headers[name] for name in ("authorization", "traceparent", "tracestate", "content-type")}
    assert told == {
        "authorization": f"Bearer {KEY}",
        "traceparent": f"00-{TRACE.trace_id}-{TRACE.span_id}-01",
        "tracestate": "vendor=value",
        "content-type": "image/png",
    }
    assert asked.headers["host"] == f"127.0.0.1:{gateway.port}"


async def test_a_connection_is_kept_and_a_path_of_the_address_goes_before(gateway: Gateway) -> None:
    client = http(f"{gateway.url}/behind/a/proxy")
    for _ in range(3):
        assert isinstance(await client.ask(UPLOAD, 5.0, TRACE), Reply)
    await client.close()
    assert [asked.path for asked in gateway.asked] == ["/behind/a/proxy/v1/uploads"] * 3
    assert gateway.connections == 1


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (drop, Silence.CONNECTION),
        (half, Silence.CONNECTION),
        (hang, Silence.TIMEOUT),
        (drip, Silence.TIMEOUT),
        (flood, Silence.TOO_LONG),
        (status("200 OK", "", "Content-Length: 7", body=b"x"), Silence.CONNECTION),
    ],
)
async def test_what_is_no_whole_answer_is_none(gateway: Gateway, fault: Any, why: Silence) -> None:
    gateway.always = {"/": fault}
    seconds = 0.3 if why is Silence.TIMEOUT else 10.0
    assert await ask(gateway.url, seconds=seconds) == NoReply(why)


async def test_any_status_is_an_answer_and_nobody_is_sent_on(gateway: Gateway) -> None:
    gateway.faults.append(status("302 Found", "", "Location: http://127.0.0.1:1/", "Retry-After: 3"))
    found = await ask(gateway.url)
    assert isinstance(found, Reply)
    assert (found.status, found.headers["retry-after"], len(gateway.asked)) == (302, "3", 1)


async def test_where_nobody_listens_there_is_no_answer() -> None:
    async with serving() as gone:
        url = gone.url
    assert await ask(url) == NoReply(Silence.CONNECTION)


async def test_after_it_is_closed_nobody_is_asked(gateway: Gateway) -> None:
    client = http(gateway.url)
    await client.close()
    assert await client.ask(UPLOAD, 5.0, TRACE) == NoReply(Silence.CLOSED)
    assert gateway.asked == []


@pytest.fixture
def server_tls(tmp_path: Path) -> ssl.SSLContext:
    return certificate(tmp_path, "localhost")


async def test_the_gateway_s_certificate_is_checked(server_tls: ssl.SSLContext, tmp_path: Path) -> None:
    ca = str(tmp_path / "ca.pem")
    async with serving(server_tls) as gateway:
        named = f"https://localhost:{gateway.port}"
        found = await ask(named, ca=ca)
        assert isinstance(found, Reply)
        assert found.status == 201
        assert await ask(named) == NoReply(Silence.CERTIFICATE)
        assert await ask(gateway.url, ca=ca) == NoReply(Silence.CERTIFICATE)
        assert len(gateway.asked) == 1


def test_authorities_that_are_none_are_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(ConfigError, match=r"ca\.pem holds no certificates"):
        http("https://sluice.example.org", ca=str(path))


async def test_a_proxy_of_the_environment_is_used_for_other_machines_and_never_for_this_one(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"user:pass@127.0.0.1:{gateway.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    found = await ask("http://sluice.invalid", plain_http=True)
    assert isinstance(found, Reply)
    (asked,) = gateway.asked
    assert asked.path == "http://sluice.invalid/v1/uploads"
    assert asked.headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"
    async with serving() as direct:
        assert isinstance(await ask(direct.url), Reply)
    assert len(gateway.asked) == 1
    for wrong in ("http://[broken", "socks5://127.0.0.1:1080"):
        monkeypatch.setenv("http_proxy", wrong)
        with pytest.raises(ConfigError, match="proxy"):
            http("http://sluice.invalid", plain_http=True)

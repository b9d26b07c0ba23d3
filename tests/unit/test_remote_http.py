"""The way to a key's service: proxies as they are, and addresses as people write them."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from c2pa_signer.stamps import Stamps
from sluice.errors import NotReadyError, RetryableError
from sluice.remote.http import Http
from tests.unit.stamp_authority import Authority, stamping

QUERY = b"\x30\x24\x04\x20" + b"q" * 32
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class Proxy:
    """Lets nobody through, and notes who asked for what."""

    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def proxying() -> Iterator[Proxy]:
    proxy = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            proxy.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
            self.send_error(407)

        def do_POST(self) -> None:
            self.do_CONNECT()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    proxy.address = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with proxying() as found:
        yield found


@pytest.mark.parametrize("before", ["http://", ""])
def test_a_proxy_that_lets_nobody_through_is_worth_another_try(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"{before}someone:s%40me@{proxy.address}")
    http = Http("https://kms.example", "the service", 5.0)
    with pytest.raises(RetryableError, match="the service: the proxy lets nobody through") as caught:
        http.ask("POST", "https://kms.example/sign", {}, b"")
    assert proxy.asked == [("kms.example:443", "Basic " + base64.b64encode(b"someone:s@me").decode())]
    assert "s@me" not in repr(caught.value) + repr(caught.value.__cause__)
    http.close()


def test_the_next_authority_is_asked_where_a_proxy_keeps_one_away(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    with stamping(Authority(manner="errs")) as second:
        stamps = Stamps(["https://tsa.example/", second.url])
        with pytest.raises(RetryableError, match="no timestamp authority answers"):
            stamps.ask(QUERY)
        assert second.asked == 1
        assert "proxy" in stamps.troubles()["tsa.example"]
        stamps.close()


def test_what_is_beside_this_machine_is_not_asked_through_a_proxy(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    with stamping(Authority(manner="errs")) as server:
        http = Http(server.url, "the metadata server", 5.0, direct=True)
        headers = {"Content-Type": "application/timestamp-query"}
        assert http.ask("POST", server.url, headers, QUERY).status == 500
        http.close()
    assert (server.asked, proxy.asked) == (1, [])


@pytest.mark.parametrize("address", ["https://[::1", "https://vault:99999", "https://vault:eight"])
def test_an_address_that_cannot_be_read_is_told(address: str) -> None:
    with pytest.raises(NotReadyError, match="the service: its address, or that of the proxy, cannot be read"):
        Http(address, "the service", 5.0)

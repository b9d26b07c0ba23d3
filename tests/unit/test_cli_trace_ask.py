"""Asking Jaeger's query API: what it answers, as a real one (1.76.0) does, and what else may stand there."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sluice.cli import trace_ask
from sluice.cli.trace_ask import Backend, NoTracesError, backend_of
from sluice.errors import ConfigError
from sluice.local.ports import free_ports
from tests.unit.picture_host import certificate

TRACE = "0b8f2c8e3a554f0e9d6f3c8a3d5f1e11"
OTHER = "1" * 32
SPAN = {
    "traceId": TRACE,
    "spanId": "e49f7f089374f25a",
    "parentSpanId": "3a857c729a5cbb98",
    "name": "process moderation.contents",
    "kind": 5,
    "startTimeUnixNano": "1790000000022000000",
    "endTimeUnixNano": "1790000000034000000",
    "attributes": [{"key": "messaging.kafka.offset", "value": {"intValue": "17"}}],
    "status": {},
}
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "text-classifier"}}]}
FOUND = {"result": {"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"scope": {}, "spans": [SPAN]}]}]}}
NONE = {"error": {"httpCode": 404, "message": "No traces found"}}
UI = b"<!DOCTYPE html><html></html>"


class Jaeger(BaseHTTPRequestHandler):
    """Answers as Jaeger does, under / and /base; and as others do, under /NUMBER."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        path = path.removeprefix("/base")
        word = path.split("/")[1]
        if word.isdecimal():
            self._answer(int(word), b"no")
        elif word == "long":
            self._answer(200, b"x" * 100_000)
        elif path == f"/api/v3/traces/{TRACE}" and query == "raw_traces=true":
            self._answer(200, json.dumps(FOUND).encode())
        elif path.startswith("/api/v3/traces/"):
            self._answer(404, json.dumps(NONE).encode() + b"\n")
        else:
            self._answer(200, UI)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), Jaeger)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def url(server: ThreadingHTTPServer, path: str = "") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


@pytest.mark.parametrize("path", ["", "/", "/base", "/base/"])
def test_a_trace_is_fetched(server: ThreadingHTTPServer, path: str) -> None:
    (span,) = backend_of(url(server, path)).fetch(TRACE)
    assert (span.service, span.name, span.attributes) == (
        "text-classifier",
        "process moderation.contents",
        {"messaging.kafka.offset": 17},
    )
    assert backend_of(url(server, path)).fetch(OTHER) == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/jaeger", "no JSON: is that Jaeger's query service .port 16686., with its base path, in SLUICE_TRACES_URL"),
        ("/401", "refuses .401.: it wants a login"),
        ("/403", "refuses .403."),
        ("/302", "points elsewhere .302.: give SLUICE_TRACES_URL the address behind it"),
        ("/404", "answers 404: is that Jaeger's query service"),
        ("/500", "answers 500"),
    ],
)
def test_what_else_stands_there_is_said(server: ThreadingHTTPServer, path: str, words: str) -> None:
    with pytest.raises(NoTracesError, match=words):
        backend_of(url(server, path)).fetch(TRACE)


def test_an_answer_has_a_most(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_ask, "MOST_ANSWER_BYTES", 50_000)
    with pytest.raises(NoTracesError, match="the answer has more than"):
        backend_of(url(server, "/long")).fetch(TRACE)


def test_nobody_there_is_said() -> None:
    (port,) = free_ports(1)
    with pytest.raises(
        NoTracesError, match="connection refused; is the query service running, and SLUICE_TRACES_URL"
    ):
        backend_of(f"http://127.0.0.1:{port}").fetch(TRACE)


def test_of_the_stacks_own_collector_the_stack_is_asked() -> None:
    (port,) = free_ports(1)
    with pytest.raises(NoTracesError, match="connection refused; `sluice status` says"):
        Backend(f"http://127.0.0.1:{port}", ours=True).fetch(TRACE)


def test_somebody_who_does_not_answer_is_given_up() -> None:
    # It listens, and nobody serves.
    silent = ThreadingHTTPServer(("127.0.0.1", 0), Jaeger)
    with silent, pytest.raises(NoTracesError, match="it takes too long"):
        backend_of(url(silent)).fetch(TRACE, seconds=0.2)


def test_tls_where_none_is_spoken_is_said(server: ThreadingHTTPServer) -> None:
    with pytest.raises(NoTracesError, match="does it speak TLS"):
        backend_of(url(server).replace("http:", "https:")).fetch(TRACE)


def test_tls_trusts_whom_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Jaeger) as server:
        server.socket = certificate(tmp_path, "localhost").wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        where = backend_of(url(server).replace("http://127.0.0.1", "https://localhost"))
        try:
            with pytest.raises(NoTracesError, match=r"certificate is not trusted .*in SSL_CERT_FILE"):
                where.fetch(TRACE)
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
            assert len(where.fetch(TRACE)) == 1
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "wrong",
    [
        "jaeger:16686",
        "ftp://jaeger",
        "http://",
        "http://user:secret@jaeger",
        "http://jaeger:port",
        "http://jaeger:0",
        "http://jaeger:99999",
        "http://jaeger/?a=b",
        "http://jaeger/#a",
        "http://jaeger/a b",
        "http://jaeger\r\nX: y",
        "http://[::1",
        "http://jäger",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        backend_of(wrong)
    (problem,) = caught.value.problems
    assert problem.startswith("SLUICE_TRACES_URL should be")
    assert "secret" not in problem


def test_ipv6_is_an_address() -> None:
    assert backend_of("https://[::1]:16686/jaeger/") == Backend("https://[::1]:16686/jaeger")

"""The simulator on a port: HTTP, or HTTPS where it is given a certificate."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from deploy.simulators.cybertipline.answers import Answer
from deploy.simulators.cybertipline.api import Api, Asked

MOST_BYTES: Final = 256 * 1024 * 1024
_IDLE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05


class Server(ThreadingHTTPServer):
    """Each connection is a thread and one request."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], api: Api, tls: ssl.SSLContext | None = None) -> None:
        self.api = api
        self._tls = tls
        super().__init__(address, _Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shakes hands in the connection's own thread: a slow client keeps nobody waiting."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(_IDLE_SECONDS)
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has hung up, and knows it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.close_connection = True
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._send(Answer(b"", 413, "text/plain"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        server = self.server
        if isinstance(server, Server):
            self._send(server.api.answer(Asked(self.command, self.path, headers, self.rfile.read(int(length)))))

    def _send(self, answer: Answer) -> None:
        time.sleep(answer.wait)
        if answer.sent == 0:
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body[: int(len(answer.body) * answer.sent)])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
        """Nothing: what came in is asked at /_simulator/reports."""


@contextmanager
def serving(api: Api, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serves in a thread while the block runs. Port 0: any free one."""
    server = Server((host, port), api, tls)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="cybertipline", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def tls_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """Of a certificate with its chain, and its key, as PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context

"""A door on this machine's loopback where the C2PA library asks for its timestamps.

The library knows one authority, waits half a minute for it, and cannot be told otherwise; behind this door are as
many as there are, each with its own limits. Only who knows the path is heard, and all that can be had is a timestamp.
"""

import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from c2pa_signer.stamps import Stamps
from sluice.errors import RetryableError

_MOST_BYTES = 4096
"""Of a query; the library's have 67."""
_POLL_SECONDS = 0.1
_IDLE_SECONDS = 30.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked has hung up, and knows it."""


class StampDoor:
    """Serves from the moment it is made until it is closed."""

    def __init__(self, stamps: Stamps) -> None:
        path = f"/{secrets.token_urlsafe(16)}"

        class Handler(BaseHTTPRequestHandler):
            timeout = _IDLE_SECONDS

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if self.path != path or not length.isdecimal() or int(length) > _MOST_BYTES:
                    self._answer(404, b"")
                    return
                try:
                    reply = stamps.ask(self.rfile.read(int(length)))
                except RetryableError:
                    self._answer(503, b"")
                else:
                    self._answer(200, reply)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
                """Nothing: what matters is counted."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="stamps", daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        """Ends it. A signature that is waiting for its timestamp fails."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

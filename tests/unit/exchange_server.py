"""A server that exchanges of lists are played on, for their clients: this machine, plain HTTP, made-up hashes."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What it is answered with."""

    body: bytes = b""
    status: int = 200

    @classmethod
    def of(cls, form: Any, status: int = 200) -> "Answer":
        """JSON."""
        return cls(json.dumps(form).encode(), status)


@dataclass(slots=True)
class Server:
    """`answers`: how. `fails`: for each of the next requests, the number of a status instead; 0: as usual."""

    answers: Callable[[Asked], Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    fails: list[int] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        """To one request."""
        self.asked.append(asked)
        status = self.fails.pop(0) if self.fails else 0
        return Answer(b"", status) if status else self.answers(asked)


@contextmanager
def serving(answers: Callable[[Asked], Answer]) -> Iterator[Server]:
    """Runs a server on a free port of this machine."""
    server = Server(answers)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            answer = server.answer(Asked(self.command, parts.path, query, dict(self.headers), body))
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = _serve  # noqa: N815 - what the base class looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()

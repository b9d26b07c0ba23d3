"""A gateway for tests of its client: real HTTP on this machine, what docs/client.md says that a gateway answers, and
whatever a test wants to go wrong."""

import asyncio
import base64
import hashlib
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sluice.client.retry import Pace

KEY = "sk-sluice-a-secret-of-the-tests"
QUICK = Pace(first=0.01, most=0.02, attempt=1.0)
"""For tests: nothing that is tried again is worth waiting for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `headers`: names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> dict[str, Any]:
        """What it asks."""
        found: dict[str, Any] = json.loads(self.body)
        return found


Fault = Callable[[asyncio.StreamWriter], Any]
"""In place of an answer."""


async def drop(writer: asyncio.StreamWriter) -> None:
    """The connection ends without a word."""
    writer.transport.abort()


async def half(writer: asyncio.StreamWriter) -> None:
    """Half of an answer."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n{"request_id": "')
    await writer.drain()
    writer.transport.abort()


async def hang(writer: asyncio.StreamWriter) -> None:
    """Nothing, for as long as somebody waits."""
    await asyncio.sleep(3600)


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte of the head now and then, for ever."""
    while True:
        writer.write(b"H")
        await writer.drain()
        await asyncio.sleep(0.02)


async def flood(writer: asyncio.StreamWriter) -> None:
    """More than anybody should take."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b" " * (1 << 20))
        await writer.drain()


def status(line: str, code: str = "", *headers: str, body: bytes | None = None) -> Fault:
    """An answer of this status, with an error of this code."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        told = {"error": {"message": "no", "type": "server_error", "param": None, "code": code}}
        write(writer, line, json.dumps(told).encode() if body is None else body, *headers)
        await writer.drain()

    return answer


def write(writer: asyncio.StreamWriter, line: str, body: bytes, *headers: str) -> None:
    """A whole answer."""
    lines = [f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def decision(request_id: str, stage: str = "PROMPT", action: str = "ALLOW", **more: Any) -> dict[str, Any]:
    """A decision as JSON."""
    fired = [] if action == "ALLOW" else [reason("violence", "violence", action)]
    told = {"request_id": request_id, "stage": stage, "action": action, "allowed": action == "ALLOW"}
    return told | {"complete": True, "reasons": fired, "labels": [], "asset": None, "status": "decided"} | more


def reason(rule: str, category: str = "", action: str = "BLOCK", detail: str = "") -> dict[str, Any]:
    """A rule that fired."""
    score = {"score": 0.987654, "threshold": 0.123456} if category else {"score": None, "threshold": None}
    told = {"rule": rule, "category": category or None, "action": action, "check": "text", "content": "c0"}
    return told | score | {"detail": detail or None}


def signed_asset(request_id: str, data: bytes) -> dict[str, Any]:
    """What an answer says of a signed picture."""
    sha256 = hashlib.sha256(data).hexdigest()
    return {"id": request_id, "sha256": sha256, "media_type": "image/png", "url": f"/v1/assets/{request_id}"}


def sign(data: bytes) -> bytes:
    """What this gateway's signer makes of a picture."""
    return data + b" signed"


@dataclass(slots=True)
class Gateway:
    """`decides`: the decision on what is asked, None for ALLOW; `delay`: of each answer, seconds. `faults`: in place
    of the next answers, None for one as usual; `always`: of all of a path."""

    port: int = 0
    tls: bool = False
    decides: Callable[[Asked], dict[str, Any] | None] = lambda _: None
    delay: float = 0.0
    faults: deque[Fault | None] = field(default_factory=deque)
    always: dict[str, Fault] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    """Of them, those that have not ended."""
    cut: int = 0
    """Connections that ended while an answer was awaited."""
    assets: dict[str, bytes] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def of(self, path: str) -> list[Asked]:
        """What was asked of this path."""
        return [each for each in self.asked if each.path.startswith(path)]

    def stages(self) -> list[str]:
        """Of the requests, in order."""
        return [each.form()["stage"] for each in self.of("/v1/requests")]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, which is kept."""
        begun = b""
        self.connections += 1
        self.open += 1
        try:
            while True:
                asked = await _read(reader, begun)
                self.asked.append(asked)
                answering = asyncio.ensure_future(self._answer(asked, writer))
                following = asyncio.ensure_future(reader.read(1))
                await asyncio.wait((answering, following), return_when=asyncio.FIRST_COMPLETED)
                if not answering.done():
                    self.cut += 1
                    answering.cancel()
                if not following.done():
                    following.cancel()
                await asyncio.wait((answering, following))
                await answering
                begun = b"" if following.cancelled() else following.result()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            return
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        fault = self.faults.popleft() if self.faults else None
        fault = fault or next((each for path, each in self.always.items() if asked.path.startswith(path)), None)
        if fault is not None:
            await fault(writer)
            return
        await asyncio.sleep(self.delay)
        line, body = self._good(asked)
        write(writer, line, body)
        await writer.drain()

    def _good(self, asked: Asked) -> tuple[str, bytes]:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return "401 Unauthorized", b'{"error": {"code": "invalid_api_key"}}'
        if asked.path.endswith("/v1/uploads"):
            sha256 = hashlib.sha256(asked.body).hexdigest()
            self.stored[sha256] = asked.body
            kind = asked.headers["content-type"]
            named = {"sha256": sha256, "size_bytes": len(asked.body), "media_type": kind}
            return "201 Created", json.dumps({"reference": {"uri": f"file:///{sha256}", **named}}).encode()
        if asked.path.startswith("/v1/assets/"):
            found = self.assets.get(asked.path.removeprefix("/v1/assets/"))
            return ("404 Not Found", b"") if found is None else ("200 OK", found)
        form = asked.form()
        found_decision = self.decides(asked) or decision(form["request_id"], form["stage"])
        if form["stage"] == "OUTPUT" and found_decision["allowed"] and found_decision["asset"] is None:
            data = self.assets.setdefault(form["request_id"], sign(self.bytes_of(form["image"])))
            found_decision["asset"] = signed_asset(form["request_id"], data)
        return "200 OK", json.dumps(found_decision).encode()

    def bytes_of(self, part: Mapping[str, Any]) -> bytes:
        """Of a picture in a request."""
        if "reference" in part:
            return self.stored[part["reference"]["sha256"]]
        return base64.b64decode(part["data_url"].partition(",")[2])


async def _read(reader: asyncio.StreamReader, begun: bytes) -> Asked:
    head = (begun + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Gateway]:
    """A gateway for the time of a test."""
    gateway = Gateway(tls=tls is not None)
    listening = await asyncio.start_server(gateway.serve, "127.0.0.1", 0, ssl=tls)
    gateway.port = listening.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        listening.close()

"""Fetching from a real server: what it says, how slowly it says it, and where it sends one."""

import gzip
import hashlib
import ipaddress
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.fetch.address import Host
from ingest.fetch.fetcher import Fetcher
from ingest.fetch.settings import FetchSettings
from sluice.errors import RetryableError
from sluice.objects import DigestMismatchError, ForbiddenUriError, NotFoundError, TooLargeError
from sluice.v1.request_pb2 import ObjectReference
from tests.unit.picture_host import Answer, Server, certificate, plain, raw, serving

BODY = b"harmless bytes " * 1000
HERE = (ipaddress.ip_network("127.0.0.1/32"),)
HEAD = b"HTTP/1.1 200 OK\r\n"


class Names:
    """A name server's twin: gives each answer once, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def settings(server: Server, **changes: object) -> FetchSettings:
    """One listed host, plain HTTP, and this machine's first loopback address let in."""
    host = Host("img.example.org", port=server.port)
    chosen = FetchSettings(hosts=(host,), networks=HERE, plain_http=True, seconds=3, read_seconds=1)
    return replace(chosen, **changes)  # type: ignore[arg-type]  # names and values come from the tests


def reference(server: Server, path: str = "/a.jpg", scheme: str = "http", body: bytes = BODY) -> ObjectReference:
    return ObjectReference(
        uri=f"{scheme}://img.example.org:{server.port}{path}",
        sha256=hashlib.sha256(body).digest(),
        size_bytes=len(body),
        media_type="image/jpeg",
    )


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


async def fetch(server: Server, answer: Answer, names: Names | None = None, **changes: object) -> bytes:
    server.answers["/a.jpg"] = answer
    fetcher = Fetcher(settings(server, **changes), names or Names(["127.0.0.1"]))
    return await fetcher.get(reference(server), 1 << 20)


async def test_a_picture_is_fetched_from_the_address_that_was_checked(server: Server) -> None:
    names = Names(["127.0.0.1"])
    assert await fetch(server, plain(BODY, "200 OK", "Content-Type: text/html"), names) == BODY
    assert names.asked == ["img.example.org"]
    (asked,) = server.asked
    lines = asked.split("\r\n")
    assert lines[0] == "GET /a.jpg HTTP/1.1"
    assert f"Host: img.example.org:{server.port}" in lines
    assert "Accept-Encoding: identity" in lines
    assert not any(line.lower().startswith(("cookie", "authorization", "proxy")) for line in lines)


async def test_the_environment_sends_it_through_no_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await fetch(server, plain(BODY)) == BODY


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.2"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["10.0.0.1"],
        ["0.0.0.0"],
        ["127.0.0.1", "10.0.0.1"],
        ["::1", "127.0.0.1"],
        [],
    ],
)
async def test_a_name_that_leads_inside_is_refused_and_not_connected_to(server: Server, addresses: list[str]) -> None:
    with pytest.raises(ForbiddenUriError):
        await fetch(server, plain(BODY), Names(addresses))
    assert server.asked == []


async def test_a_name_that_changes_after_it_was_checked_leads_nowhere_else(server: Server) -> None:
    """DNS rebinding: every connection is looked up once, checked, and made to exactly that address."""
    async with serving("127.0.0.2") as inside:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        server.answers["/on"] = plain(b"", "302 Found", "Location: /a.jpg")
        server.answers["/a.jpg"] = inside.answers["/a.jpg"] = plain(BODY)
        fetcher = Fetcher(settings(server), names)
        with pytest.raises(ForbiddenUriError):
            await fetcher.get(reference(server, "/on"), 1 << 20)
        assert (len(server.asked), inside.asked, len(names.asked)) == (1, [], 2)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/a.jpg",
        "http://localhost:{port}/a.jpg",
        "http://[::1]:{port}/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433:{port}/a.jpg",
        "http://evil.example.net:{port}/a.jpg",
        "http://img.example.org@127.0.0.1:{port}/a.jpg",
        "//127.0.0.1:{port}/a.jpg",
        "file:///etc/passwd",
        "ftp://img.example.org/a.jpg",
        "http://img.example.org:1/a.jpg",
        "\\\\127.0.0.1\\a.jpg",
    ],
)
async def test_nobody_is_sent_where_he_may_not_go(server: Server, location: str) -> None:
    onward = plain(b"", "302 Found", f"Location: {location.format(port=server.port)}")
    with pytest.raises(ForbiddenUriError):
        await fetch(server, onward)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_to_a_listed_host_is_followed(server: Server, status: str) -> None:
    server.answers["/b.jpg"] = plain(BODY)
    assert await fetch(server, plain(b"moved", status, "Location: /b.jpg")) == BODY


async def test_redirects_come_to_an_end(server: Server) -> None:
    with pytest.raises(ForbiddenUriError, match="3 times"):
        await fetch(server, plain(b"", "302 Found", "Location: /a.jpg"))
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (plain(b"gone", "404 Not Found"), NotFoundError),
        (plain(b"gone", "410 Gone"), NotFoundError),
        (plain(b"no", "403 Forbidden"), NotFoundError),
        (plain(BODY, "206 Partial Content"), NotFoundError),
        (plain(b"", "302 Found"), NotFoundError),
        (plain(b"", "500 Oops"), RetryableError),
        (plain(b"", "503 Busy"), RetryableError),
        (plain(b"", "429 Slow"), RetryableError),
        (plain(BODY[::-1]), DigestMismatchError),
        (plain(BODY[:-1]), DigestMismatchError),
        (plain(BODY + b"!"), DigestMismatchError),
        (plain(gzip.compress(BODY), "200 OK", "Content-Encoding: gzip"), DigestMismatchError),
        # A bomb would not be unpacked in any case.
        (plain(BODY, "200 OK", "Content-Encoding: br"), DigestMismatchError),
        (plain(BODY, length=10 << 40), DigestMismatchError),
        (plain(BODY, length=len(BODY) - 1), DigestMismatchError),
        (raw(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY), BODY[:100]), RetryableError),
        (raw(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", BODY), RetryableError),
        (raw(HEAD + b"Content-Length: -5\r\n\r\n", BODY), RetryableError),
        (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n"), RetryableError),
        (raw(b"HTTP/1.1 200 OK\r\n\r\n", BODY[::-1]), DigestMismatchError),
        (raw(b"SSH-2.0-OpenSSH\r\n"), RetryableError),
        (raw(b"\x00" * 100), RetryableError),
        (raw(b""), RetryableError),
        (raw(HEAD + b"X: " + b"y" * 500_000 + b"\r\n\r\n"), RetryableError),
    ],
)
async def test_every_other_answer_is_an_error_of_ours(server: Server, answer: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        await fetch(server, answer)


@pytest.mark.parametrize(
    "answer",
    [
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", forever=b"400\r\n" + bytes(1024) + b"\r\n"),
        raw(HEAD + b"\r\n", forever=bytes(4096)),
    ],
)
async def test_a_body_without_end_is_cut_at_the_size_of_its_reference(server: Server, answer: Answer) -> None:
    with pytest.raises(DigestMismatchError, match="more than"):
        await fetch(server, answer, seconds=60, read_seconds=60)


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"", pause=30),
        raw(HEAD, pause=30),
        raw(HEAD, pause=0.2, forever=b"X: y\r\n"),
        raw(HEAD + b"Content-Length: 15000\r\n\r\n", pause=0.2, forever=b"x"),
        raw(pause=0.2, forever=b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    ids=["says nothing", "stops", "drips its head", "drips its body", "is always about to answer"],
)
async def test_whoever_drips_is_left(server: Server, answer: Answer) -> None:
    with pytest.raises(RetryableError):
        await fetch(server, answer, seconds=1)


async def test_nobody_there_is_worth_another_try(server: Server) -> None:
    gone = Server(port=1)
    with pytest.raises(RetryableError):
        await Fetcher(settings(gone), Names(["127.0.0.1"])).get(reference(gone), 1 << 20)


async def test_a_name_that_cannot_be_looked_up_is_worth_another_try(server: Server) -> None:
    async def nothing(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(RetryableError):
        await Fetcher(settings(server), nothing).get(reference(server), 1 << 20)


async def test_what_says_that_it_is_too_large_is_not_asked_for(server: Server) -> None:
    with pytest.raises(TooLargeError):
        await Fetcher(settings(server), Names(["127.0.0.1"])).get(reference(server), 100)
    assert server.asked == []


async def test_a_certificate_has_to_be_valid_for_the_name(tmp_path: Path) -> None:
    async with serving(tls=certificate(tmp_path, "img.example.org")) as server:
        server.answers["/a.jpg"] = plain(BODY)
        trusting = settings(server, ca=str(tmp_path / "ca.pem"), plain_http=False)
        names = Names(["127.0.0.1"])
        assert await Fetcher(trusting, names).get(reference(server, scheme="https"), 1 << 20) == BODY
        with pytest.raises(ForbiddenUriError, match="certificate"):
            await Fetcher(replace(trusting, ca=""), names).get(reference(server, scheme="https"), 1 << 20)
        other = replace(trusting, hosts=(Host("other.example.org", port=server.port),))
        wanted = reference(server, scheme="https")
        wanted.uri = wanted.uri.replace("img.", "other.")
        with pytest.raises(ForbiddenUriError, match="certificate"):
            await Fetcher(other, names).get(wanted, 1 << 20)


async def test_https_is_not_left_for_http(tmp_path: Path) -> None:
    async with serving() as open_door, serving(tls=certificate(tmp_path, "img.example.org")) as server:
        away = f"Location: http://img.example.org:{open_door.port}/a.jpg"
        server.answers["/a.jpg"] = plain(b"", "302 Found", away)
        hosts = (Host("img.example.org", port=server.port), Host("img.example.org", port=open_door.port))
        chosen = settings(server, hosts=hosts, ca=str(tmp_path / "ca.pem"), plain_http=False)
        with pytest.raises(ForbiddenUriError, match="not https"):
            await Fetcher(chosen, Names(["127.0.0.1"])).get(reference(server, scheme="https"), 1 << 20)
        assert open_door.asked == []


async def test_by_default_nobody_is_asked(server: Server) -> None:
    with pytest.raises(ForbiddenUriError):
        await Fetcher(FetchSettings(), Names(["127.0.0.1"])).get(reference(server), 1 << 20)
    assert server.asked == []


@pytest.mark.parametrize("length", [True, False])
async def test_what_nobody_knows_the_digest_of_is_fetched_up_to_a_size(server: Server, length: bool) -> None:
    server.answers["/a.jpg"] = plain(BODY) if length else raw(HEAD + b"\r\n" + BODY)
    fetcher = Fetcher(settings(server), Names(["127.0.0.1"]))
    uri = reference(server).uri
    assert await fetcher.get_any(uri, len(BODY)) == BODY
    with pytest.raises(TooLargeError):
        await fetcher.get_any(uri, len(BODY) - 1)
    with pytest.raises(ForbiddenUriError):
        await fetcher.get_any("http://other.example.org/a.jpg", len(BODY))

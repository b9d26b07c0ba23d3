"""The small HTTP server: what a page is asked, and what becomes of its answer. Hostile clients: test_host_ops.py."""

import asyncio
from http import HTTPStatus

import pytest

from sluice.host.get_door import GetDoor, Page

LARGE = b"x" * (8 << 20)


def page(path: str, query: str) -> Page:
    return (
        Page(HTTPStatus.OK, body=LARGE)
        if path == "/large"
        else Page(HTTPStatus.ACCEPTED, "a/b", f"{path} {query}".encode())
    )


async def ask(port: int, sent: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head, body


async def test_path_and_query_are_handed_on_as_they_came() -> None:
    door = GetDoor(page)
    port = int((await door.start("127.0.0.1:0", "ADDRESS")).rpartition(":")[2])
    head, body = await ask(port, b"GET /a%20b?c=d&e=?f HTTP/1.1\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 Accepted\r\nContent-Type: a/b\r\n")
    assert body == b"/a%20b c=d&e=?f"
    assert (await ask(port, b"GET /a HTTP/1.1\r\n\r\n"))[1] == b"/a "
    await door.close()


async def test_a_large_page_arrives_whole() -> None:
    door = GetDoor(page)
    port = int((await door.start("127.0.0.1:0", "ADDRESS")).rpartition(":")[2])
    assert (await ask(port, b"GET /large HTTP/1.1\r\n\r\n"))[1] == LARGE
    head, body = await ask(port, b"HEAD /large HTTP/1.1\r\n\r\n")
    assert f"Content-Length: {len(LARGE)}".encode() in head
    assert body == b""
    await door.close()


async def test_a_door_that_was_never_opened_closes() -> None:
    await GetDoor(page).close()


HOSTS = [
    (b"127.0.0.1:9464", 202),
    (b"10.1.2.3", 202),
    (b"[::1]:9464", 202),
    (b"localhost", 202),
    (b"LocalHost:80", 202),
    (b"rebound.example:9464", 421),
    (b"localhost.rebound.example", 421),
    (b"127.0.0.1.rebound.example", 421),
    (b"[rebound.example]", 421),
    (b"", 421),
]


async def status_of(door: GetDoor, address: str, *headers: bytes) -> int:
    port = int((await door.start(address, "ADDRESS")).rpartition(":")[2])
    head, _ = await ask(port, b"\r\n".join((b"GET /a HTTP/1.1", *headers, b"", b"")))
    await door.close()
    return int(head.split(b" ")[1])


@pytest.mark.parametrize(("host", "status"), HOSTS, ids=[host.decode() for host, _ in HOSTS])
async def test_on_loopback_it_is_asked_for_by_address_or_as_localhost(host: bytes, status: int) -> None:
    assert await status_of(GetDoor(page), "127.0.0.1:0", b"Accept: */*", b"hOST: " + host) == status
    # A name stands for many machines where the door is one on a network.
    assert await status_of(GetDoor(page), "0.0.0.0:0", b"Host: " + host) == 202


async def test_whoever_says_no_host_is_no_browser_and_one_of_two_is_one_too_many() -> None:
    assert await status_of(GetDoor(page), "127.0.0.1:0") == 202
    assert await status_of(GetDoor(page), "127.0.0.1:0", b"Host: localhost", b"Host: rebound.example") == 421

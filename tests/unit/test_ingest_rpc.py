"""Ingest's gRPC door: what it is told, how many bytes it holds, and that it waits for nobody for ever."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from ingest.rpc import IngestRpc
from sluice.errors import RetryableError
from sluice.host.refusal import DETAILS
from sluice.host.room import Room
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.ingest_pb2 import PrepareHeader, PrepareRequest, PrepareResponse
from sluice.v1.ingest_pb2_grpc import IngestStub, add_IngestServicer_to_server
from sluice.v1.request_pb2 import ROLE_UPLOAD, ObjectReference, Role
from tests.unit.grpc_door import serving

if TYPE_CHECKING:  # the types of the stubs know this name, the stubs do not
    from sluice.v1.ingest_pb2_grpc import IngestAsyncStub

HEADER = PrepareRequest(header=PrepareHeader(role=ROLE_UPLOAD))
URI = "https://img.example.org/a.jpg"
ADDRESS = PrepareRequest(header=PrepareHeader(role=ROLE_UPLOAD, uri=URI))
MOST_BYTES = 100


class MemoryPreparer:
    """A preparer's twin: notes what it is given, and waits at its gate."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.addresses: list[str] = []
        self.under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def prepare_address(self, uri: str, role: Role.ValueType) -> tuple[ObjectReference, list[PreparedContent]]:
        self.addresses.append(uri)
        return ObjectReference(uri="file:///o/1"), [PreparedContent(role=role)]

    async def prepare_upload(
        self, data: bytes, role: Role.ValueType, media_type: str
    ) -> tuple[ObjectReference, list[PreparedContent]]:
        self.seen.append(data)
        self.under_way += 1
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        if data == b"away":
            raise RetryableError("the object store is away")
        return ObjectReference(size_bytes=len(data)), [PreparedContent(role=role), PreparedContent(view_of="c0")]


class Door:
    """The door over a real connection."""

    def __init__(self, stub: "IngestAsyncStub", preparer: MemoryPreparer, room: Room) -> None:
        self._stub = stub
        self.preparer = preparer
        self.room = room

    async def prepare(self, *parts: bytes | PrepareRequest, seconds: float | None = 20.0) -> PrepareResponse:
        def sent() -> Iterator[PrepareRequest]:
            yield HEADER
            for part in parts:
                yield part if isinstance(part, PrepareRequest) else PrepareRequest(chunk=part)

        return await self._stub.Prepare(sent(), timeout=seconds)

    async def prepare_at(self) -> PrepareResponse:
        return await self._stub.Prepare(iter([ADDRESS]), timeout=20.0)

    async def refused(self, sent: "Iterable[PrepareRequest] | AsyncIterator[PrepareRequest]") -> grpc.aio.AioRpcError:
        asked: Any = sent
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self._stub.Prepare(asked)
        return caught.value

    async def until_under_way(self, count: int) -> None:
        async with asyncio.timeout(20):
            while self.preparer.under_way != count:
                await asyncio.sleep(0.002)


@asynccontextmanager
async def opened(calls: int = 10, most_bytes: int = 1 << 20) -> AsyncIterator[Door]:
    rpc = IngestRpc()
    preparer: Any = MemoryPreparer()
    rpc.preparer, rpc.room, rpc.most_bytes = preparer, Room(calls, most_bytes), MOST_BYTES
    async with serving(lambda server: add_IngestServicer_to_server(rpc, server)) as channel:
        yield Door(IngestStub(channel), preparer, rpc.room)
        preparer.gate.set()


async def test_the_chunks_are_put_together() -> None:
    async with opened() as door:
        answer = await door.prepare(b"one ", b"two")
        assert (answer.reference.size_bytes, answer.content.role) == (7, ROLE_UPLOAD)
        assert [view.view_of for view in answer.views] == ["c0"]
        assert door.preparer.seen == [b"one two"]


async def test_one_byte_more_than_allowed_is_kept_and_no_more() -> None:
    async with opened() as door:
        await door.prepare(*[b"x" * 60] * 5)
        assert [len(data) for data in door.preparer.seen] == [MOST_BYTES + 1]


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [PrepareRequest(chunk=b"x")],
        [HEADER, HEADER],
        [PrepareRequest(header=PrepareHeader())],
        [ADDRESS, PrepareRequest(chunk=b"x")],
        [PrepareRequest(header=PrepareHeader(role=ROLE_UPLOAD, uri=URI, media_type="image/png"))],
    ],
    ids=["nothing", "no header", "two headers", "no role", "an address and bytes", "an address and a type"],
)
async def test_a_call_that_is_not_in_form_is_invalid(sent: list[PrepareRequest]) -> None:
    async with opened() as door:
        assert (await door.refused(iter(sent))).code() is grpc.StatusCode.INVALID_ARGUMENT
        assert (door.room.calls, door.preparer.seen, door.preparer.addresses) == (0, [], [])


async def test_an_address_stands_instead_of_bytes() -> None:
    async with opened() as door:
        answer = await door.prepare_at()
        assert answer.reference.uri == "file:///o/1"
        assert (door.preparer.addresses, door.preparer.seen) == ([URI], [])


async def test_too_many_pictures_at_once_are_told_when_to_come_back() -> None:
    async with opened(calls=2) as door:
        door.preparer.gate.clear()
        waiting = [asyncio.create_task(door.prepare(b"picture")) for _ in range(2)]
        await door.until_under_way(2)
        error = await door.refused(iter([HEADER]))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert DETAILS in dict(error.trailing_metadata())
        door.preparer.gate.set()
        await asyncio.gather(*waiting)
        await door.prepare(b"picture")


async def test_too_many_bytes_at_once_are_told_when_to_come_back() -> None:
    async with opened(most_bytes=100) as door:
        door.preparer.gate.clear()
        waiting = asyncio.create_task(door.prepare(b"x" * 60))
        await door.until_under_way(1)
        error = await door.refused(iter([HEADER, PrepareRequest(chunk=b"y" * 60)]))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        door.preparer.gate.set()
        await waiting
        await door.prepare(b"y" * 60)
    assert [data[:1] for data in door.preparer.seen] == [b"x", b"y"]


async def test_who_hangs_up_ends_the_work_and_frees_the_place() -> None:
    async with opened() as door:
        door.preparer.gate.clear()
        calling = asyncio.create_task(door.prepare(b"picture", seconds=None))
        await door.until_under_way(1)
        calling.cancel()
        await door.until_under_way(0)
        assert door.room.calls == 0


async def test_who_sends_nothing_does_not_keep_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.rpc.UPLOAD_SECONDS", 0.1)

    async def never() -> AsyncIterator[PrepareRequest]:
        yield HEADER
        await asyncio.sleep(60)

    async with opened() as door:
        assert (await door.refused(never())).code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert door.room.calls == 0


async def test_without_its_store_it_is_unavailable() -> None:
    async with opened() as door:
        error = await door.refused(iter([HEADER, PrepareRequest(chunk=b"away")]))
        assert error.code() is grpc.StatusCode.UNAVAILABLE


async def test_before_it_is_open_it_is_unavailable() -> None:
    async with serving(lambda server: add_IngestServicer_to_server(IngestRpc(), server)) as channel:
        door = Door(IngestStub(channel), MemoryPreparer(), Room(1))
        assert (await door.refused(iter([HEADER]))).code() is grpc.StatusCode.UNAVAILABLE

"""The signer's gRPC door: what was signed before, what may be signed, and how many at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from c2pa_signer.rpc import C2paSignerRpc
from sluice.errors import RetryableError, TerminalError
from sluice.host.refusal import DETAILS
from sluice.host.room import Room
from sluice.v1.asset_pb2 import SignedAsset
from sluice.v1.c2pa_signer_pb2 import SignRequest
from sluice.v1.c2pa_signer_pb2_grpc import C2paSignerStub, add_C2paSignerServicer_to_server
from sluice.v1.request_pb2 import ObjectReference
from tests.unit.build import OTHER_ID, REQUEST_ID
from tests.unit.grpc_door import serving

if TYPE_CHECKING:  # the types of the stubs know this name, the stubs do not
    from sluice.v1.c2pa_signer_pb2_grpc import C2paSignerAsyncStub

ORIGINAL = ObjectReference(sha256=b"o" * 32, size_bytes=1000)
OTHER = ObjectReference(sha256=b"x" * 32, size_bytes=1000)


class MemoryRecords:
    """A signer's twin: REQUEST_ID was signed before, OTHER_ID may not be."""

    def __init__(self) -> None:
        self.signed: list[bytes] = []
        self.under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble: Exception | None = None

    async def signed_before(self, request_id: str) -> SignedAsset | None:
        if self.trouble is not None:
            raise self.trouble
        return SignedAsset(source_sha256=ORIGINAL.sha256) if request_id == REQUEST_ID else None

    async def sign(self, request_id: str, original: ObjectReference) -> SignedAsset:
        self.under_way += 1
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        if request_id == OTHER_ID:
            raise TerminalError("not signed: the decision is BLOCK")
        self.signed.append(original.sha256)
        return SignedAsset(source_sha256=original.sha256)


@asynccontextmanager
async def opened(calls: int = 10) -> "AsyncIterator[tuple[C2paSignerAsyncStub, MemoryRecords, Room]]":
    rpc, records = C2paSignerRpc(), MemoryRecords()
    twin: Any = records
    rpc.records, rpc.room = twin, Room(calls, 100 << 20)
    async with serving(lambda server: add_C2paSignerServicer_to_server(rpc, server)) as channel:
        yield C2paSignerStub(channel), records, rpc.room
        records.gate.set()


async def until_under_way(records: MemoryRecords, count: int) -> None:
    async with asyncio.timeout(20):
        while records.under_way != count:
            await asyncio.sleep(0.002)


async def test_what_was_signed_before_is_told_and_not_signed_again() -> None:
    async with opened() as (stub, records, _):
        answer = await stub.Sign(SignRequest(request_id=REQUEST_ID, original=ORIGINAL))
        assert (answer.asset.source_sha256, records.signed) == (ORIGINAL.sha256, [])
        await stub.Sign(SignRequest(request_id=REQUEST_ID, original=OTHER))
        assert records.signed == [OTHER.sha256]


@pytest.mark.parametrize(
    ("request_id", "trouble", "code"),
    [
        ("no id", None, grpc.StatusCode.INVALID_ARGUMENT),
        (OTHER_ID, None, grpc.StatusCode.FAILED_PRECONDITION),
        (REQUEST_ID, RetryableError("the log is away"), grpc.StatusCode.UNAVAILABLE),
        (REQUEST_ID, KeyError("a prompt that must not be seen"), grpc.StatusCode.INTERNAL),
    ],
)
async def test_what_goes_wrong_has_its_status(
    request_id: str, trouble: Exception | None, code: grpc.StatusCode
) -> None:
    async with opened() as (stub, records, room):
        records.trouble = trouble
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Sign(SignRequest(request_id=request_id, original=ORIGINAL))
        assert room.calls == 0
    assert caught.value.code() is code
    assert "prompt" not in (caught.value.details() or "")


async def test_too_many_at_once_are_told_when_to_come_back_and_who_hangs_up_makes_way() -> None:
    async with opened(calls=1) as (stub, records, room):
        records.gate.clear()
        waiting = asyncio.ensure_future(stub.Sign(SignRequest(request_id=OTHER_ID, original=ORIGINAL)))
        await until_under_way(records, 1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Sign(SignRequest(request_id=OTHER_ID, original=ORIGINAL))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert DETAILS in dict(caught.value.trailing_metadata())
        waiting.cancel()
        await until_under_way(records, 0)
        assert room.calls == 0


async def test_a_size_that_nobody_believes_leaves_room_for_others() -> None:
    async with opened() as (stub, records, room):
        records.gate.clear()
        huge = ObjectReference(sha256=b"h" * 32, size_bytes=1 << 60)
        waiting = asyncio.ensure_future(stub.Sign(SignRequest(request_id=OTHER_ID, original=huge)))
        await until_under_way(records, 1)
        with room.held(30 << 20):
            waiting.cancel()
        await until_under_way(records, 0)


async def test_before_it_is_open_it_is_unavailable() -> None:
    async with serving(lambda server: add_C2paSignerServicer_to_server(C2paSignerRpc(), server)) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await C2paSignerStub(channel).Sign(SignRequest(request_id=REQUEST_ID, original=ORIGINAL))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE

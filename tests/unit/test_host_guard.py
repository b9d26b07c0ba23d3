"""Who is not listed for a method does not reach it, and nothing that it sends is read; who is notices nothing."""

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

from sluice.host.peers import HEALTH
from sluice.local.service_authority import ServiceAuthority
from tests.unit.metric_values import values
from tests.unit.secure_door import LISTED, UNLISTED, Place, listing
from tests.unit.test_host_doors import KINDS, OURS, SECRET, THEIRS, Rooms, call

REFLECTION = "grpc.reflection.v1alpha.ServerReflection"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, listing(f"{OURS}/*"))


class Reading(Rooms):
    """Counts the messages that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def _note(self, raw: bytes) -> bytes:
        self.read += 1
        return raw

    def add(self, server: grpc.aio.Server) -> None:
        note: Any = self._note
        handlers: dict[str, Any] = {
            "UnaryUnary": grpc.unary_unary_rpc_method_handler(self.unary_unary, note),
            "StreamUnary": grpc.stream_unary_rpc_method_handler(self.stream_unary, note),
            "UnaryStream": grpc.unary_stream_rpc_method_handler(self.unary_stream, note),
            "StreamStream": grpc.stream_stream_rpc_method_handler(self.stream_stream, note),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(OURS, handlers),))


async def code_of(channel: grpc.aio.Channel, kind: str, service: str = OURS) -> tuple[grpc.StatusCode, str]:
    """How a call ends that must not come to anything. A stream sends nothing: gRPC's client for asyncio may call it
    an internal error of its own that a stream ended while it was writing."""
    if kind.startswith("Stream"):
        maker: Any = channel.stream_unary if kind == "StreamUnary" else channel.stream_stream
        stream = maker(f"/{service}/{kind}")(timeout=20)
        return await stream.code(), await stream.details()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(channel, kind, "fine fine", service, timeout=20)
    return caught.value.code(), caught.value.details() or ""


@pytest.mark.parametrize("kind", KINDS)
async def test_who_is_not_listed_is_refused_before_anything_is_read(place: Place, kind: str) -> None:
    rooms = Reading()
    async with place.serving(rooms.add), place.channel(UNLISTED) as channel:
        code, detail = await code_of(channel, kind)
        assert code is grpc.StatusCode.PERMISSION_DENIED
        assert detail == f"localhost, spiffe://sluice/local/{UNLISTED}: not listed for {OURS}/{kind} (SLUICE_PEERS)"
        assert not rooms.begun.is_set()
        assert rooms.read == 0
        # What counts the messages does count them.
        async with place.channel() as listed:
            await call(listed, kind, "fine")
        assert rooms.read == 1
    assert values(place.metrics, "sluice_rpc_denied_total") == {(f"{OURS}/{kind}", "not_listed"): 1.0}


@pytest.mark.parametrize("kind", KINDS)
async def test_who_is_listed_is_served_as_without_a_guard(place: Place, kind: str) -> None:
    async with place.serving(Rooms().add), place.channel() as channel:
        one = kind.startswith("Unary")
        assert await call(channel, kind, "fine") == b"fine"
        for word, code in (
            ("away", grpc.StatusCode.UNAVAILABLE),
            ("refuse", grpc.StatusCode.ALREADY_EXISTS),
            ("bug", grpc.StatusCode.INTERNAL),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(channel, kind, word if one else f"fine {word}")
            assert caught.value.code() is code
            assert SECRET not in (caught.value.details() or "")
        large = "x" * (3 << 20)
        assert await call(channel, kind, large) == large.encode()
    assert values(place.metrics, "sluice_rpc_denied_total") == {}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_deadline_and_a_hang_up_still_end_the_handler(place: Place, kind: str) -> None:
    rooms = Rooms()
    async with place.serving(rooms.add), place.channel() as channel, asyncio.timeout(60):
        # Connected first: a handshake may take longer than the deadline.
        await call(channel, kind, "fine")
        rooms.begun.clear()
        rooms.ended.clear()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, kind, "wait", timeout=1)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await rooms.ended.wait()
        rooms.begun.clear()
        rooms.ended.clear()
        calling = asyncio.create_task(call(channel, kind, "wait"))
        await rooms.begun.wait()
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        await rooms.ended.wait()


@pytest.mark.parametrize("kind", KINDS)
async def test_services_that_are_not_ours_are_guarded_too(place: Place, kind: str) -> None:
    async with place.serving(Rooms().add), place.channel() as channel:
        assert (await code_of(channel, kind, THEIRS))[0] is grpc.StatusCode.PERMISSION_DENIED
        place.peers.write_text(listing(f"{THEIRS}/{kind}"))
        await place.look_now()
        assert await call(channel, kind, "fine", THEIRS) == b"fine"
        others = set(KINDS) - {kind}
        assert {(await code_of(channel, other, THEIRS))[0] for other in others} == {grpc.StatusCode.PERMISSION_DENIED}


async def test_a_name_that_is_taken_off_the_list_is_refused_at_its_next_call(place: Place) -> None:
    async with place.serving(Rooms().add), place.channel() as channel:
        assert await call(channel, "UnaryUnary", "fine") == b"fine"
        place.peers.write_text(listing(f"{OURS}/StreamStream"))
        await place.look_now()
        assert (await code_of(channel, "UnaryUnary"))[0] is grpc.StatusCode.PERMISSION_DENIED
        place.peers.write_text("[")
        await place.look_now()
        # A broken list changes nothing: neither opens nor closes.
        assert "peers" in place.readiness.notes
        assert (await code_of(channel, "UnaryUnary"))[0] is grpc.StatusCode.PERMISSION_DENIED
        assert await call(channel, "StreamStream", "fine") == b"fine"


async def test_a_stream_ends_at_the_next_question_once_its_caller_is_taken_off_the_list(place: Place) -> None:
    async with place.serving(Rooms().add), place.channel() as channel:
        method: Any = channel.stream_stream(f"/{OURS}/StreamStream")
        stream = method()
        await stream.write(b"before")
        assert await stream.read() == b"before"
        place.peers.write_text("{}")
        await place.look_now()
        await stream.write(b"after")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_certificate_that_ends_while_its_connection_is_open_ends_its_calls(tmp_path: Path) -> None:
    now = [dt.datetime.now(dt.UTC)]
    place = Place(tmp_path, listing(f"{OURS}/*"), lambda: now[0])
    async with place.serving(Rooms().add), place.channel(days=10) as channel:
        assert await call(channel, "UnaryUnary", "fine") == b"fine"
        now[0] += dt.timedelta(days=11)
        code, detail = await code_of(channel, "UnaryUnary")
        assert code is grpc.StatusCode.UNAUTHENTICATED
        assert detail.endswith("its certificate has ended")
    assert values(place.metrics, "sluice_rpc_denied_total") == {(f"{OURS}/UnaryUnary", "ended"): 1.0}


async def test_a_stream_ends_at_the_next_question_once_its_authority_is_trusted_no_more(place: Place) -> None:
    new = ServiceAuthority()
    async with place.serving(Rooms().add), place.channel() as channel:
        method: Any = channel.stream_stream(f"/{OURS}/StreamStream")
        stream = method()
        await stream.write(b"before")
        assert await stream.read() == b"before"
        issued = new.issue("server")
        # Both are trusted: nothing ends.
        place.server.put(issued.certificate, issued.key, place.house.certificate + new.certificate)
        await place.look_now()
        await stream.write(b"between")
        assert await stream.read() == b"between"
        assert await call(channel, "UnaryUnary", "fine") == b"fine"
        place.server.put(issued.certificate, issued.key, new.certificate)
        await place.look_now()
        await stream.write(b"after")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "its certificate's authority is trusted no more" in str(caught.value.details())
        # Nor does a new call on the same connection get through.
        assert (await code_of(channel, "UnaryUnary"))[0] is grpc.StatusCode.UNAUTHENTICATED
        fresh = place.channel_with(new.issue(LISTED), trusts=new.certificate)
        async with fresh:
            assert await call(fresh, "UnaryUnary", "fine") == b"fine"
    assert values(place.metrics, "sluice_rpc_denied_total") == {
        (f"{OURS}/StreamStream", "not_trusted"): 1.0,
        (f"{OURS}/UnaryUnary", "not_trusted"): 1.0,
    }


@pytest.mark.parametrize(
    "names",
    [
        (),
        (x509.RFC822Name("gateway@example.org"),),
        # What gRPC itself would read as the listed name.
        (x509.UniformResourceIdentifier(f"spiffe://sluice/local/{LISTED}\0.example.org"),),
        (x509.DNSName(f"spiffe://sluice/local/{LISTED}"),),
    ],
    ids=["none", "mail", "zero-byte", "dns"],
)
async def test_a_certificate_without_a_name_of_its_own_is_nobodys(
    place: Place, names: tuple[x509.GeneralName, ...]
) -> None:
    subject = f"spiffe://sluice/local/{LISTED}"
    async with place.serving(Rooms().add), place.channel(subject, names=names) as channel:
        code, detail = await code_of(channel, "UnaryUnary")
    assert (code, detail) == (
        grpc.StatusCode.PERMISSION_DENIED,
        f"no identity: not listed for {OURS}/UnaryUnary (SLUICE_PEERS)",
    )
    assert values(place.metrics, "sluice_rpc_denied_total") == {(f"{OURS}/UnaryUnary", "no_identity"): 1.0}


async def test_health_is_open_to_every_certificate_and_reflection_is_not(place: Place) -> None:
    def add(server: grpc.aio.Server) -> None:
        Rooms().add(server)
        reflection.enable_server_reflection([HEALTH], server)

    async def reflect(channel: Any) -> int:
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        answers = [answer async for answer in stub.ServerReflectionInfo(iter([asked]), timeout=20)]
        return len(answers[0].list_services_response.service)

    async with place.serving(add), place.channel(UNLISTED) as stranger, place.channel() as listed:
        stub: Any = health_pb2_grpc.HealthStub(stranger)
        await place.readiness.met("start")
        asked = health_pb2.HealthCheckRequest(service="")
        assert (await stub.Check(asked)).status == health_pb2.HealthCheckResponse.SERVING
        assert (await anext(aiter(stub.Watch(asked)))).status == health_pb2.HealthCheckResponse.SERVING
        for channel in (stranger, listed):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await reflect(channel)
            assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
        place.peers.write_text(listing(f"{REFLECTION}/*"))
        await place.look_now()
        assert await reflect(listed) == 1


async def test_a_method_that_does_not_exist_stays_unimplemented(place: Place) -> None:
    async with place.serving(Rooms().add), place.channel() as channel:
        for service in (OURS, "nobody.Test"):
            assert (await code_of(channel, "Nothing", service))[0] is grpc.StatusCode.UNIMPLEMENTED
    assert values(place.metrics, "sluice_rpc_denied_total") == {}


async def test_a_call_without_its_message_is_no_call(place: Place) -> None:
    rooms = Rooms()
    async with place.serving(rooms.add), place.channel() as channel:
        for kind in ("UnaryUnary", "UnaryStream"):
            method: Any = channel.stream_unary(f"/{OURS}/{kind}")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await method(iter([]))
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert not rooms.begun.is_set()


async def test_the_log_names_who_and_what_and_nothing_that_was_sent(place: Place) -> None:
    async with place.serving(Rooms().add), place.channel(UNLISTED) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await call(channel, "UnaryUnary", SECRET, metadata=(("x-secret", SECRET),))
    (line,) = [json.loads(line) for line in place.said.getvalue().splitlines() if "call refused" in line]
    assert (line["method"], line["reason"]) == (f"{OURS}/UnaryUnary", "not_listed")
    assert line["detail"] == f"localhost, spiffe://sluice/local/{UNLISTED}"
    assert SECRET not in place.said.getvalue()

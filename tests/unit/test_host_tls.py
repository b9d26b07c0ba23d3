"""The certificate of a door: who has none that fits does not get in, and a new one is shown without a restart."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.errors import ConfigError
from sluice.host.tls import ABOUT, watched_certificate
from sluice.local.service_authority import ServiceAuthority
from sluice.tls_files import CERTIFICATE, KEY
from tests.unit.metric_values import values
from tests.unit.secure_door import LISTED, Place, listing, shown_at
from tests.unit.service_folders import mounted
from tests.unit.test_host_doors import OURS, Rooms, call

# Later than any certificate of these tests begins, whenever the test is run.
NOW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, listing(f"{OURS}/*"))


async def refused(channel: grpc.aio.Channel) -> grpc.StatusCode:
    async with channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(channel, "UnaryUnary", "fine", timeout=60)
    code: grpc.StatusCode = caught.value.code()
    return code


async def test_a_caller_without_a_certificate_that_fits_gets_no_connection(place: Place) -> None:
    rooms = Rooms()
    days = dt.timedelta(days=1)
    async with place.serving(rooms.add):
        for channel in (
            place.channel_with(None),
            place.channel_with(ServiceAuthority().issue(LISTED)),
            place.channel(begins=NOW - 3 * days, days=2),
            place.channel(begins=NOW + days),
            place.channel(purposes=[ExtendedKeyUsageOID.SERVER_AUTH]),
            grpc.aio.insecure_channel(place.address),
        ):
            assert await refused(channel) is grpc.StatusCode.UNAVAILABLE
        assert not rooms.begun.is_set()
        async with place.channel() as channel:
            assert await call(channel, "UnaryUnary", "fine") == b"fine"


async def test_a_caller_checks_the_server_too(place: Place) -> None:
    async with place.serving(Rooms().add):
        me = place.house.issue(LISTED)
        stranger = place.channel_with(me, trusts=ServiceAuthority().certificate)
        assert await refused(stranger) is grpc.StatusCode.UNAVAILABLE


async def test_a_new_certificate_is_shown_to_new_connections_and_no_call_fails(place: Place) -> None:
    async with place.serving(Rooms().add, connection_ms=200), place.channel() as busy:
        calls = 0
        stop = asyncio.Event()

        async def traffic() -> None:
            nonlocal calls
            while not stop.is_set():
                assert await call(busy, "UnaryUnary", "fine") == b"fine"
                calls += 1

        me = place.house.issue(LISTED)
        async with asyncio.TaskGroup() as tasks:
            workers = [tasks.create_task(traffic()) for _ in range(4)]
            seen = []
            for turn in range(3):
                fresh = place.server.issue(place.house, f"server-{turn}")
                await place.look_now()
                seen.append(await shown_at(place.address, place.house.certificate, me))
                assert seen[-1] == x509.load_pem_x509_certificate(fresh.certificate)
                # Connections are made anew meanwhile: they get old.
                await asyncio.sleep(0.5)
            while calls <= 100 and not any(worker.done() for worker in workers):
                await asyncio.sleep(0.1)
            stop.set()
        assert all(worker.exception() is None for worker in workers)
    assert calls > 100
    assert values(place.metrics, "sluice_grpc_certificate_reloads_total") == {("adopted",): 3.0}


async def test_a_connection_that_is_open_outlives_the_certificate_it_was_made_with(place: Place) -> None:
    async with place.serving(Rooms().add), place.channel() as channel:
        method: Any = channel.stream_stream(f"/{OURS}/StreamStream")
        stream = method()
        await stream.write(b"before")
        assert await stream.read() == b"before"
        place.server.issue(place.house, "server")
        await place.look_now()
        await stream.write(b"after")
        assert await stream.read() == b"after"
        await stream.done_writing()


async def test_another_authority_is_taken_with_its_certificate(place: Place) -> None:
    """Callers of the old one get no new connection then; callers of the new one do."""
    old, new = place.house, ServiceAuthority()
    async with place.serving(Rooms().add):
        place.server.issue(new, "server")
        await place.look_now()
        assert await refused(place.channel_with(old.issue(LISTED), trusts=new.certificate)) is (
            grpc.StatusCode.UNAVAILABLE
        )
        async with place.channel_with(new.issue(LISTED), trusts=new.certificate) as channel:
            assert await call(channel, "UnaryUnary", "fine") == b"fine"


async def test_both_authorities_are_trusted_while_one_replaces_the_other(place: Place) -> None:
    old, new = place.house, ServiceAuthority()
    own = old.issue("server")
    async with place.serving(Rooms().add):
        place.server.put(own.certificate, own.key, old.certificate + new.certificate)
        await place.look_now()
        for house in (old, new):
            async with place.channel_with(house.issue(LISTED), trusts=old.certificate) as channel:
                assert await call(channel, "UnaryUnary", "fine") == b"fine"


async def test_files_that_do_not_fit_together_leave_the_old_certificate_shown(place: Place) -> None:
    me = place.house.issue(LISTED)
    folder = place.server.folder
    async with place.serving(Rooms().add):
        before = await shown_at(place.address, place.house.certificate, me)
        fresh = place.house.issue("server")
        own = (folder / KEY).read_bytes()
        ended = place.house.issue("server", begins=NOW - dt.timedelta(days=3), days=2)
        for certificate, key, why in (
            (fresh.certificate, own, "is not the key of the first certificate"),
            (fresh.certificate[:200], fresh.key, "should hold certificates"),
            (fresh.certificate, fresh.key[:50], "should hold a private key"),
            (ended.certificate, ended.key, "ended at"),
        ):
            place.server.put(certificate, key, place.house.certificate)
            await place.look_now()
            assert why in place.readiness.notes[ABOUT]
            assert place.readiness.notes[ABOUT].startswith("kept version ")
            assert values(place.metrics, "sluice_grpc_certificate_refused") == {(): 1.0}
            assert await shown_at(place.address, place.house.certificate, me) == before
        place.server.put(fresh.certificate, fresh.key, place.house.certificate)
        await place.look_now()
        assert ABOUT not in place.readiness.notes
        assert await shown_at(place.address, place.house.certificate, me) != before


def test_how_long_it_is_good_is_told(tmp_path: Path) -> None:
    now = [NOW]
    place = Place(tmp_path, "{}", lambda: now[0])
    ends = place.certificate.value.ends
    assert values(place.metrics, "sluice_grpc_certificate_seconds_left") == {(): (ends - NOW).total_seconds()}
    now[0] = ends + dt.timedelta(hours=1)
    assert values(place.metrics, "sluice_grpc_certificate_seconds_left") == {(): -3600.0}
    place.look()
    assert f"tls.crt:1: ended at {ends.isoformat()}" in place.readiness.notes[ABOUT]


def test_a_certificate_that_begins_later_is_taken_when_it_does(tmp_path: Path) -> None:
    now = [NOW]
    place = Place(tmp_path, "{}", lambda: now[0])
    fresh = place.server.issue(place.house, "server", begins=NOW + dt.timedelta(hours=1))
    place.look()
    assert "which is not yet" in place.readiness.notes[ABOUT]
    now[0] = NOW + dt.timedelta(hours=2)
    place.look()
    assert place.certificate.value.certificate == fresh.certificate
    assert ABOUT not in place.readiness.notes


def test_a_service_does_not_start_with_files_that_do_not_fit(tmp_path: Path) -> None:
    mount = mounted(tmp_path / "tls", ServiceAuthority(), "ingest")
    (mount.folder / CERTIFICATE).unlink()
    with pytest.raises(ConfigError, match="SLUICE_TLS_DIR names the folder"):
        watched_certificate(mount.folder)

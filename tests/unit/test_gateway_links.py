"""Channels to what the gateway asks: they show the certificate of now, and calls that have begun go on."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest

from gateway.links import Link, Shows
from sluice.client_tls import watched_client_tls
from tests.unit.gateway_door import linked
from tests.unit.secure_door import LISTED, Place, listing
from tests.unit.service_folders import mounted
from tests.unit.test_host_doors import OURS, Rooms, call


async def test_one_channel_serves_all_calls() -> None:
    async with linked("127.0.0.1:1") as link:
        assert link.channel is link.channel


async def test_a_new_certificate_is_shown_by_a_new_channel_and_the_old_one_is_let_go(tmp_path: Path) -> None:
    place = Place(tmp_path, listing(f"{OURS}/*"))
    mine = mounted(tmp_path / LISTED, place.house, LISTED)
    watched = watched_client_tls(mine.folder)
    rooms = Rooms()
    async with place.serving(rooms.add), linked(place.address, Shows(watched)) as link:
        first = link.channel
        assert await call(first, "UnaryUnary", "fine") == b"fine"
        waiting = asyncio.create_task(call(first, "UnaryStream", "a b"))
        mine.issue(place.house, LISTED)
        watched.adopt(watched.read())
        assert link.channel is not first
        assert await call(link.channel, "UnaryUnary", "fine") == b"fine"
        await waiting


async def test_who_is_not_listed_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, listing(f"{OURS}/*"))
    watched = watched_client_tls(mounted(tmp_path / "stranger", place.house, "stranger").folder)
    async with place.serving(Rooms().add), linked(place.address, Shows(watched)) as link:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(link.channel, "UnaryUnary", "fine")
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_link_that_was_never_used_can_be_closed() -> None:
    await Link("127.0.0.1:1", Shows()).close()

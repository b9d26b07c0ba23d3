"""The client for asyncio: keys, deadlines, connections, and a client that has a mistake."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sluice.client import Client, Rejected, Stage, Unavailable, Why
from sluice.client.retry import Pace
from sluice.deadline import Deadline
from tests.unit.client_gates import Work, client
from tests.unit.client_gateway import KEY, Gateway, drop, serving, sign, status
from tests.unit.client_talks import PICTURE, PROMPT, REQUEST_ID


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving() as found:
        yield found


async def test_the_deadline_holds_over_everything(gateway: Gateway) -> None:
    gateway.always = {"/v1/assets": status("404 Not Found")}
    with pytest.raises(Unavailable) as caught:
        async with client(gateway).moderate(PROMPT, deadline=Deadline.after(0.5)) as gate:
            await gate.submit(PICTURE)
    assert (caught.value.stage, caught.value.why) == (Stage.OUTPUT, Why.NOT_SIGNED)
    past = Deadline.after(-1)
    with pytest.raises(Unavailable):
        async with client(gateway).moderate(PROMPT, deadline=past):
            pass


async def test_a_wrong_key_is_told_as_that(gateway: Gateway) -> None:
    with pytest.raises(Rejected) as caught:
        async with Client(gateway.url, "another-key", env={}).moderate(PROMPT):
            pass
    assert (caught.value.status, caught.value.code) == (401, "invalid_api_key")


async def test_one_client_has_many_gates_at_once_over_few_connections(gateway: Gateway) -> None:
    async with client(gateway) as shared:

        async def one(number: int) -> bytes:
            async with shared.moderate(PROMPT) as gate:
                return (await gate.submit(PICTURE + bytes([number]))).picture

        found = await asyncio.gather(*map(one, range(20)))
    assert found == [sign(PICTURE + bytes([number])) for number in range(20)]
    with pytest.raises(Unavailable):
        async with shared.moderate(PROMPT):
            pass
    with pytest.raises(RuntimeError, match="one block"):
        await shared.__aenter__()


async def test_the_same_request_id_asks_the_same(gateway: Gateway) -> None:
    for _ in range(2):
        async with client(gateway).moderate(PROMPT, request_id=REQUEST_ID) as gate:
            await gate.submit(PICTURE)
    bodies = [each.body for each in gateway.of("/v1/requests")]
    assert bodies[:2] == bodies[2:]


def broken() -> int:
    raise ZeroDivisionError


@pytest.mark.parametrize("pace", [Pace(dice=broken), Pace(now=broken)])
async def test_a_mistake_of_the_client_is_no_pass(gateway: Gateway, pace: Pace) -> None:
    gateway.faults.append(drop)
    with pytest.raises(Unavailable) as caught:
        async with client(gateway, pace=pace).moderate(PROMPT) as gate:
            await gate.run(Work().generate())
    assert caught.value.why is Why.UNFORESEEN


def test_who_is_not_in_a_task_gets_no_gate_and_a_client_says_where_it_asks() -> None:
    assert repr(Client("https://sluice.example.org:8443/x", KEY, env={})) == "Client(sluice.example.org:8443)"
    assert repr(Client(simulate=True, env={})) == "Client(the simulator)"

"""Pictures at the gate: when they are asked about, and that one leaves signed or not at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice.client import Refused, Stage
from tests.unit.client_gates import Work, client, refuses
from tests.unit.client_gateway import Gateway, drop, serving, sign
from tests.unit.client_talks import PICTURE, PROMPT


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving() as found:
        yield found


async def test_without_submit_no_picture_is_asked_about(gateway: Gateway) -> None:
    work = Work()
    work.end.set()
    async with client(gateway).moderate(PROMPT) as gate:
        await gate.run(work.generate())
    assert gateway.stages() == ["PROMPT"]


async def test_a_refused_picture_is_refused_and_the_next_one_may_be_tried(gateway: Gateway) -> None:
    gateway.decides = refuses("OUTPUT")
    async with client(gateway).moderate(PROMPT) as gate:
        with pytest.raises(Refused) as caught:
            await gate.submit(PICTURE)
        assert caught.value.stage is Stage.OUTPUT
        gateway.decides = lambda _: None
        assert (await gate.submit(PICTURE + b"2")).picture == sign(PICTURE + b"2")


async def test_several_pictures_may_be_submitted_at_once_and_the_same_one_twice(gateway: Gateway) -> None:
    async with client(gateway).moderate(PROMPT) as gate:
        found = await asyncio.gather(*(gate.submit(PICTURE + each) for each in (b"1", b"2", b"1")))
    assert [one.picture for one in found] == [sign(PICTURE + each) for each in (b"1", b"2", b"1")]
    assert found[0].request_id == found[2].request_id != found[1].request_id


async def test_submitting_before_the_prompt_is_decided_waits_for_it(gateway: Gateway) -> None:
    gateway.faults.extend([drop, drop])
    async with client(gateway).moderate(PROMPT) as gate:
        await gate.submit(PICTURE)
    assert gateway.stages() == ["PROMPT", "PROMPT", "PROMPT", "OUTPUT"]


async def test_a_refused_prompt_lets_no_picture_be_asked_about(gateway: Gateway) -> None:
    gateway.decides, gateway.delay = refuses(), 0.1
    with pytest.raises(Refused):
        async with client(gateway).moderate(PROMPT) as gate:
            await gate.submit(PICTURE)
    assert gateway.stages() == ["PROMPT"]


@pytest.mark.parametrize("picture", ["picture.png", None, 7, b""])
async def test_what_is_no_picture_is_refused_before_anybody_is_asked(gateway: Gateway, picture: Any) -> None:
    async with client(gateway).moderate(PROMPT) as gate:
        with pytest.raises((TypeError, ValueError)):
            await gate.submit(picture)
    assert gateway.stages() == ["PROMPT"]

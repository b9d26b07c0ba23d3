"""A conversation on an event loop: what is asked is answered, and who is cancelled says nothing more."""

import asyncio

import pytest

from sluice.client.drive import drive
from sluice.client.wire import Answer, Call, Pause, Reply, Talk, Try
from sluice.telemetry.trace_context import TraceContext

TRACE = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True)
CALL = Call("GET", "/v1/assets/x")


class Echo:
    """Answers each call with how long it may take; never, where that is more than a minute."""

    async def ask(self, call: Call, seconds: float, trace: TraceContext) -> Answer:
        assert trace is TRACE
        await asyncio.sleep(3600 if seconds > 60 else 0)
        return Reply(round(seconds), {}, call.path.encode())

    async def close(self) -> None:
        """Nothing to close."""


def talk(seconds: float, said: list[object]) -> Talk[str]:
    try:
        said.append((yield Pause(0.0)))
        said.append((yield Try(CALL, seconds)))
    finally:
        said.append("over")
    return "the result"


async def test_a_pause_is_answered_with_nothing_and_a_try_with_its_answer() -> None:
    said: list[object] = []
    assert await drive(talk(7, said), Echo(), TRACE) == "the result"
    assert said == [None, Reply(7, {}, b"/v1/assets/x"), "over"]


async def test_a_cancelled_conversation_is_closed() -> None:
    said: list[object] = []
    task = asyncio.create_task(drive(talk(61, said), Echo(), TRACE))
    while not said:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == [None, "over"]


async def test_what_the_conversation_raises_is_raised() -> None:
    def fail() -> Talk[str]:
        yield Pause(0.0)
        raise KeyError

    with pytest.raises(KeyError):
        await drive(fail(), Echo(), TRACE)

"""The gate for code without an event loop, against a real server: the same answers, told to threads."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from sluice.client import Allowed, Refused, Stage, Unavailable, Why
from sluice.client.loop_thread import LoopThread
from sluice.client.settings import Options
from sluice.client.sync import Client
from sluice.errors import ConfigError
from tests.unit.client_gateway import KEY, QUICK, Gateway, decision, drop, hang, serving, sign
from tests.unit.client_talks import PICTURE, PROMPT


@contextmanager
def played() -> Iterator[Gateway]:
    """A gateway in a thread of its own."""
    thread = LoopThread()
    running = serving()
    try:
        yield thread.call(running.__aenter__())
    finally:
        thread.call(running.__aexit__(None, None, None))
        thread.stop()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with played() as found:
        yield found


def client(gateway: Gateway, **options: Any) -> Client:
    told: Options = {"env": {}, "pace": QUICK, **options}  # type: ignore[typeddict-item] # as a test says
    return Client(gateway.url, KEY, **told)


def refuse(gateway: Gateway, stage: str = "PROMPT", delay: float = 0.1) -> None:
    """From here on."""
    gateway.delay = delay
    gateway.decides = lambda asked: (
        decision(asked.form()["request_id"], stage, "BLOCK") if asked.form()["stage"] == stage else None
    )


def generate(check: Callable[[], None], steps: list[int]) -> bytes:
    """Ends when it is stopped."""
    while True:
        check()
        steps.append(1)
        threading.Event().wait(0.01)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "sluice-client"]


def test_a_picture_is_submitted_and_comes_back_signed(gateway: Gateway) -> None:
    before = threads()
    with client(gateway).moderate(PROMPT, account="somebody") as gate:
        gate.check()
        found = gate.submit(PICTURE)
        assert not gate.stopped.is_set()
    assert found == Allowed(sign(PICTURE), "image/png", found.request_id)
    assert gateway.stages() == ["PROMPT", "OUTPUT"]
    assert gateway.of("/v1/requests")[1].form()["generation_id"] == gate.request_id
    assert {asked.headers["traceparent"] for asked in gateway.asked} == {gate.traceparent}
    assert threads() == before


def test_a_refusal_stops_the_generator_between_its_steps(gateway: Gateway) -> None:
    refuse(gateway)
    steps: list[int] = []
    with pytest.raises(Refused) as caught, client(gateway).moderate(PROMPT) as gate:
        generate(gate.check, steps)
    assert steps
    assert caught.value.stage is Stage.PROMPT


def test_a_refusal_sets_an_event_that_other_threads_wait_for(gateway: Gateway) -> None:
    refuse(gateway)
    with pytest.raises(Refused), client(gateway).moderate(PROMPT) as gate:
        assert gate.stopped.wait(10)


def test_without_an_answer_the_generator_stops_too(gateway: Gateway) -> None:
    gateway.always = {"/": hang}
    with pytest.raises(Unavailable), client(gateway, prompt_seconds=0.3).moderate(PROMPT) as gate:
        generate(gate.check, [])


def test_a_block_that_ends_by_itself_waits_until_the_prompt_is_allowed(gateway: Gateway) -> None:
    gateway.faults.append(drop)
    with client(gateway).moderate(PROMPT):
        pass
    assert gateway.stages() == ["PROMPT"] * 2
    refuse(gateway)
    with pytest.raises(Refused), client(gateway).moderate(PROMPT):
        pass


def test_a_refusal_that_the_block_handled_is_not_raised_again(gateway: Gateway) -> None:
    refuse(gateway)
    with client(gateway).moderate(PROMPT) as gate, pytest.raises(Refused):
        gate.wait()


def test_a_refusal_that_only_another_thread_was_told_is_raised_at_the_end(gateway: Gateway) -> None:
    refuse(gateway)
    steps: list[int] = []
    with ThreadPoolExecutor() as threads, pytest.raises(Refused), client(gateway).moderate(PROMPT) as gate:
        wait([threads.submit(generate, gate.check, steps)])
    assert steps


def test_a_block_that_ends_with_an_exception_of_its_own_waits_for_nothing(gateway: Gateway) -> None:
    gateway.always = {"/": hang}
    with pytest.raises(KeyError), client(gateway).moderate(PROMPT) as gate:
        raise KeyError
    assert gate.stopped.is_set()


def test_a_refused_picture_is_refused(gateway: Gateway) -> None:
    refuse(gateway, "OUTPUT", 0.0)
    with client(gateway).moderate(PROMPT) as gate, pytest.raises(Refused) as caught:
        gate.submit(PICTURE)
    assert caught.value.stage is Stage.OUTPUT


def test_one_client_has_many_gates_in_many_threads_over_one_thread_of_its_own(gateway: Gateway) -> None:
    found: dict[int, bytes] = {}
    own = len(threads()) + 1
    with client(gateway) as shared:

        def one(number: int) -> None:
            with shared.moderate(PROMPT) as gate:
                found[number] = gate.submit(PICTURE + bytes([number])).picture

        running = [threading.Thread(target=one, args=(number,)) for number in range(8)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert len(threads()) == own
    assert found == {number: sign(PICTURE + bytes([number])) for number in range(8)}


def test_after_the_block_and_before_it_nothing_is_allowed(gateway: Gateway) -> None:
    gate = client(gateway).moderate(PROMPT)
    with pytest.raises(RuntimeError, match="inside its"):
        gate.submit(PICTURE)
    with gate:
        gate.wait()
    with pytest.raises(Unavailable) as caught:
        gate.check()
    assert caught.value.why is Why.OVER
    with pytest.raises(RuntimeError, match="closed"):
        gate.submit(PICTURE)
    with pytest.raises(RuntimeError, match="one block"):
        gate.__enter__()


def test_in_a_closed_client_nothing_is_allowed(gateway: Gateway) -> None:
    with client(gateway) as shared:
        gate = shared.moderate(PROMPT)
    with pytest.raises(RuntimeError, match="closed"):
        gate.__enter__()


def test_a_client_that_was_opened_before_a_fork_does_not_hang_in_the_child() -> None:
    thread = LoopThread()
    # As the child sees it.
    process, thread._process = thread._process, -1
    with pytest.raises(RuntimeError, match="forked"):
        thread.call(asyncio.sleep(0))
    thread._process = process
    thread.stop()


class InterruptError(Exception):
    """What a handler of a signal raises."""


def test_who_is_interrupted_while_waiting_waits_no_more_and_what_was_asked_is_cancelled() -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise InterruptError

    thread = LoopThread()
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(InterruptError):
            thread.call(wait())
    finally:
        signal.signal(signal.SIGALRM, before)
    assert cancelled.wait(10)
    thread.stop()


def test_a_loop_that_is_stopped_cancels_what_still_runs_and_whoever_waits_is_told() -> None:
    began, cancelled = threading.Event(), threading.Event()
    told: list[Exception] = []

    async def wait() -> None:
        began.set()
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    def call() -> None:
        with pytest.raises(RuntimeError, match="closed") as caught:
            thread.call(wait())
        told.append(caught.value)

    thread = LoopThread()
    caller = threading.Thread(target=call)
    caller.start()
    assert began.wait(10)
    thread.stop()
    caller.join()
    assert cancelled.is_set()
    assert len(told) == 1
    thread.stop()


def test_settings_that_are_wrong_are_told_at_once() -> None:
    with pytest.raises(ConfigError):
        Client(env={})
    with pytest.raises(ConfigError, match="certificates"), Client("https://localhost:1", KEY, env={}, ca=__file__):
        pass
    assert repr(Client(simulate=True, env={})) == "Client(the simulator)"

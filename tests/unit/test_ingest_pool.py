"""Decoder children: whatever happens to one of them, a picture gets an answer and the next one is read."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from ingest.decoder.answer import Reading, Refusal, Trouble
from ingest.decoder.pool import DecoderPool
from ingest.settings import IngestSettings
from sluice.errors import NotReadyError, RetryableError
from tests.unit.decoders import SETTINGS, children, settings, until_child, until_gone
from tests.unit.hostile_pictures import FORMATS, animation, blobs, encoded, png_bomb

SMALL = encoded(blobs(), "JPEG")


def large(side: int = 6000) -> bytes:
    """A small file whose picture takes long to hash: about a second for the largest."""
    return encoded(Image.linear_gradient("L").resize((side, side)), "PNG")


def environment(pid: int) -> bytes:
    """What a process was told; nothing where it is closed to all but root, which keeps a secret too."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except PermissionError:
        return b""


@asynccontextmanager
async def opened(chosen: IngestSettings = SETTINGS) -> AsyncIterator[DecoderPool]:
    pool = await DecoderPool.open(chosen)
    try:
        yield pool
    finally:
        await pool.close()


def trouble(answer: Reading | Refusal) -> Trouble:
    assert isinstance(answer, Refusal)
    return answer.trouble


async def test_pictures_are_read_and_refused_by_the_same_child() -> None:
    async with opened() as pool:
        (child,) = children(os.getpid())
        for form in FORMATS:
            assert isinstance(await pool.decode(encoded(blobs(), form)), Reading)
        assert isinstance(await pool.decode(animation("MPO")), Reading)
        assert trouble(await pool.decode(b"")) is Trouble.EMPTY
        assert trouble(await pool.decode(b"noise")) is Trouble.UNKNOWN_TYPE
        assert trouble(await pool.decode(SMALL, "image/png")) is Trouble.TYPE_MISMATCH
        assert trouble(await pool.decode(SMALL[:-100])) is Trouble.TRUNCATED
        assert trouble(await pool.decode(png_bomb())) is Trouble.TOO_MANY_PIXELS
        assert trouble(await pool.decode(bytes(5 << 20))) is Trouble.TOO_LARGE
        assert children(os.getpid()) == [child]
    assert children(os.getpid()) == []


async def test_a_killed_worker_refuses_its_picture_only() -> None:
    async with opened() as pool:
        (child,) = children(os.getpid())
        answer = asyncio.create_task(pool.decode(large()))
        os.kill(await until_child(child), signal.SIGKILL)
        assert await answer == Refusal(Trouble.DECODER_LIMIT, "signal 9")
        assert isinstance(await pool.decode(SMALL), Reading)
        assert children(os.getpid()) == [child]


async def test_a_killed_child_refuses_its_picture_only() -> None:
    async with opened() as pool:
        (child,) = children(os.getpid())
        answers = [asyncio.create_task(pool.decode(data)) for data in (large(), SMALL)]
        worker = await until_child(child)
        os.kill(child, signal.SIGKILL)
        assert trouble(await answers[0]) is Trouble.DECODER_LIMIT
        assert isinstance(await answers[1], Reading)
        assert children(os.getpid()) != [child]
        await until_gone(worker)


async def test_a_child_that_died_while_it_was_idle_is_replaced() -> None:
    async with opened() as pool:
        (child,) = children(os.getpid())
        os.kill(child, signal.SIGKILL)
        await until_gone(child)
        # Death may be noticed before the picture is sent or by it; the one after is read in any case.
        await pool.decode(SMALL)
        assert isinstance(await pool.decode(SMALL), Reading)


async def test_a_picture_that_needs_too_much_memory_is_refused() -> None:
    async with opened(settings(decoder_memory_mib=512)) as pool:
        assert await pool.decode(large()) == Refusal(Trouble.DECODER_LIMIT, "memory")
        assert isinstance(await pool.decode(SMALL), Reading)


async def test_a_picture_that_needs_too_much_time_is_refused() -> None:
    async with opened(settings(decoder_seconds=4)) as pool:
        (child,) = children(os.getpid())
        answer = asyncio.create_task(pool.decode(large()))
        # A worker that does nothing uses no processor time: only the clock ends it.
        os.kill(await until_child(child), signal.SIGSTOP)
        assert await answer == Refusal(Trouble.DECODER_LIMIT, "time")
        assert isinstance(await pool.decode(SMALL), Reading)


async def test_a_caller_that_gives_up_ends_the_work() -> None:
    async with opened() as pool:
        (child,) = children(os.getpid())
        answer = asyncio.create_task(pool.decode(large()))
        worker = await until_child(child)
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        await until_gone(worker)
        assert isinstance(await pool.decode(SMALL), Reading)


async def test_several_children_work_at_once() -> None:
    async with opened(settings(decoders=2)) as pool:
        assert len(children(os.getpid())) == 2
        answers = await asyncio.gather(*(pool.decode(SMALL) for _ in range(12)))
        assert all(isinstance(answer, Reading) for answer in answers)


async def test_closing_waits_for_what_is_being_read_and_turns_the_rest_away() -> None:
    pool = await DecoderPool.open(SETTINGS)
    (child,) = children(os.getpid())
    reading = asyncio.create_task(pool.decode(large(2500)))
    await until_child(child)
    closing = asyncio.create_task(pool.close())
    assert isinstance(await reading, Reading)
    await closing
    assert children(os.getpid()) == []
    await pool.close()
    for _ in range(2):
        with pytest.raises(RetryableError):
            await pool.decode(SMALL)


async def test_a_child_that_cannot_start_is_said_to_be_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NotReadyError, match="No such file"):
        await DecoderPool.open(SETTINGS)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(NotReadyError, match="did not start"):
        await DecoderPool.open(settings(decoders=2))
    assert children(os.getpid()) == []


async def test_a_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    async with opened():
        (child,) = children(os.getpid())
        assert b"hush" not in environment(child)


async def test_children_end_with_a_parent_that_was_killed() -> None:
    script = (
        "import asyncio\n"
        "from ingest.decoder.pool import DecoderPool\n"
        "from tests.unit.decoders import SETTINGS\n"
        "async def main():\n"
        "    pool = await DecoderPool.open(SETTINGS)\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"ready\n"
    (child,) = children(parent.pid)
    parent.kill()
    await parent.wait()
    await until_gone(child)


WHOLE = [encoded(blobs(64, 48), form) for form in FORMATS] + [animation("GIF")]
EDITS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with some bytes changed, cut or lengthened."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for place, value in draw(EDITS):
        data[place % len(data)] = value
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data + draw(st.binary()))


def test_no_bytes_kill_a_child() -> None:
    with asyncio.Runner() as runner:
        pool = runner.run(DecoderPool.open(SETTINGS))
        before = children(os.getpid())

        @given(st.one_of(st.binary(max_size=200), damaged()))
        @hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        def check(data: bytes) -> None:
            assert isinstance(runner.run(pool.decode(data)), Reading | Refusal)

        check()
        assert children(os.getpid()) == before
        runner.run(pool.close())

"""Children that look at our pictures: the same as a look of its own says, and a death costs nobody else anything."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from provenance import seeing as module
from provenance.look import look
from provenance.seeing import Seeing
from sluice.errors import RetryableError
from sluice.telemetry.logging import Log
from tests.unit import signing

BROKEN = b"\x89PNG\r\n\x1a\n cut off"


@pytest.fixture
async def seeing() -> AsyncIterator[Seeing]:
    made = Seeing(1, [], Log("test"))
    yield made
    await made.close()
    assert made._alive == set()


async def test_it_sees_what_a_look_sees_and_its_child_lives_on(seeing: Seeing) -> None:
    picture = signing.picture("PNG")
    alone = await asyncio.to_thread(look, picture)
    for _ in range(3):
        seen = await seeing.see(picture)
        assert (seen.pixels_sha256, seen.quality, seen.hashes) == (
            alone.pixels_sha256, alone.fingerprints.quality, alone.fingerprints.hashes
        )  # fmt: skip
    (child,) = seeing._alive
    # A picture that cannot be read is no reason to end.
    for data in (BROKEN, b"", b"no picture"):
        seen = await seeing.see(data)
        assert (seen.pixels_sha256, seen.quality, seen.hashes, seen.watermark) == (b"", 0, (), b"")
    assert seeing._alive == {child}


async def test_a_child_that_was_killed_is_replaced(seeing: Seeing) -> None:
    before = await seeing.see(signing.picture())
    (child,) = seeing._alive
    os.kill(child.pid, signal.SIGKILL)
    assert await seeing.see(signing.picture()) == before
    assert seeing._alive != {child}


async def test_a_child_that_says_nothing_is_replaced(seeing: Seeing, monkeypatch: pytest.MonkeyPatch) -> None:
    await seeing.see(signing.picture())
    (child,) = seeing._alive
    os.kill(child.pid, signal.SIGSTOP)
    monkeypatch.setattr(module, "SECONDS", 0.5)
    monkeypatch.setattr(module, "_TRIES", 1)
    assert (await seeing.see(signing.picture())).pixels_sha256 == b""
    monkeypatch.undo()
    assert (await seeing.see(signing.picture())).pixels_sha256 != b""


async def test_a_child_that_cannot_start_is_retryable() -> None:
    broken = Seeing(1, [], Log("test"), module="no_such_module")
    for _ in range(2):
        with pytest.raises(RetryableError):
            await broken.see(signing.picture())
    await broken.close()

"""Work that fails in a way that nobody foresaw is named, and its message is not kept."""

import asyncio

import pytest

from sluice.attempt import Unforeseen, attempt, attempt_alone
from sluice.errors import RetryableError


def broken() -> int:
    raise ValueError("what somebody wrote")


def away() -> int:
    raise RetryableError("away")


async def awaited(work: object) -> int:
    assert callable(work)
    return int(work())


async def test_a_bug_has_a_kind_and_a_place() -> None:
    found = await attempt(awaited(broken))
    assert isinstance(found, Unforeseen)
    assert found.kind == "ValueError"
    assert found.place.startswith("test_attempt.py:")
    assert "somebody" not in str(found)
    assert await attempt(awaited(lambda: 3)) == 3


async def test_errors_of_ours_and_an_end_pass() -> None:
    with pytest.raises(RetryableError):
        await attempt(awaited(away))
    waiting = asyncio.ensure_future(attempt(asyncio.sleep(3600)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_alone_everything_is_caught() -> None:
    assert attempt_alone(lambda: 3) == 3
    for work, kind in ((broken, "ValueError"), (away, "RetryableError")):
        found = attempt_alone(work)
        assert isinstance(found, Unforeseen)
        assert (found.kind, found.place.partition(":")[0]) == (kind, "test_attempt.py")

"""Requests in this process's hands."""

import asyncio
import io

import pytest

from gateway.errors import ApiError, unavailable
from gateway.requests_later import Later
from gateway.requests_taken import Taken
from sluice.errors import OverloadedError
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import Metrics

TAKEN = Taken("an id", "studio", b"digest", 1000)


def a_later(said: io.StringIO | None = None, most: int = 2) -> Later:
    return Later(Log("test", stream=said or io.StringIO()), Metrics("gateway"), most)


async def refuse() -> None:
    raise unavailable("no_decision", "No decision came.")


async def test_a_request_is_known_while_somebody_waits_for_it() -> None:
    later = a_later()
    with later.asked(TAKEN):
        held = later.get("an id")
        assert held is not None
        assert (held.taken, held.calls, held.failed) == (TAKEN, 1, None)
        with later.asked(TAKEN):
            assert held.calls == 2
        assert later.get("an id") is held
    assert later.get("an id") is None


@pytest.mark.parametrize("other", [Taken("an id", "studio", b"else", 1), Taken("an id", "other", b"digest", 1)])
async def test_an_id_in_hand_stands_for_one_content_of_one_tenant(other: Taken) -> None:
    later = a_later()
    with later.asked(TAKEN):
        with pytest.raises(ApiError) as caught, later.asked(other):
            pytest.fail("it was let in")
        assert caught.value.status == 409
        with pytest.raises(ApiError):
            later.start(other, refuse())
        held = later.get("an id")
        assert held is not None
        assert held.calls == 1


async def test_why_nothing_came_of_it_is_kept() -> None:
    said = io.StringIO()
    later = a_later(said)
    later.start(TAKEN, refuse())
    await later.drain(20)
    held = later.get("an id")
    assert held is not None
    assert held.failed is not None
    assert (held.failed.code, held.calls) == ("no_decision", 0)
    assert '"request_id": "an id"' in said.getvalue()
    # Asked once more, it is open again.
    with later.asked(TAKEN):
        again = later.get("an id")
        assert again is not None
        assert again.failed is None


async def test_a_bug_is_an_error_and_its_words_are_kept_to_itself() -> None:
    async def fail() -> None:
        raise ValueError("swordfish")

    said = io.StringIO()
    later = a_later(said)
    later.start(TAKEN, fail())
    await later.drain(20)
    held = later.get("an id")
    assert held is not None
    assert held.failed is not None
    assert held.failed.code == "internal_error"
    assert "ValueError" in said.getvalue()
    assert "swordfish" not in said.getvalue()


async def test_the_background_is_bounded() -> None:
    go = asyncio.Event()
    later = a_later(most=2)
    for name in ("one", "two"):
        later.start(Taken(name, f"tenant-{name}", b"", 1), go.wait())
    with pytest.raises(OverloadedError):
        later.start(Taken("three", "studio", b"", 1), go.wait())
    assert later.get("three") is None
    go.set()
    await later.drain(20)
    assert later.get("one") is None


async def test_a_tenant_has_a_part_of_it() -> None:
    go = asyncio.Event()
    later = a_later(most=8)
    for name in ("one", "two"):
        later.start(Taken(name, "studio", b"", 1), go.wait())
    with pytest.raises(ApiError) as found:
        later.start(Taken("three", "studio", b"", 1), go.wait())
    assert found.value.status == 429
    later.start(Taken("four", "another", b"", 1), go.wait())
    go.set()
    await later.drain(20)
    later.start(Taken("three", "studio", b"", 1), go.wait())
    await later.drain(20)


async def test_what_is_in_the_background_is_finished_before_the_end() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        done.append("it")

    said = io.StringIO()
    later = a_later(said)
    later.start(TAKEN, work())
    await later.drain(20)
    assert done == ["it"]
    later.start(TAKEN, asyncio.Event().wait())
    await later.drain(0.01)
    assert "left to the log" in said.getvalue()
    assert later.get("an id") is None

"""What only PostgreSQL can do to us: go away, come back, and be asked by several at once."""

import asyncio
from collections.abc import Iterator

import pytest

from provenance.opened import open_records
from provenance.record import Records
from sluice.errors import NotReadyError, RetryableError
from tests.unit.postgres import Server
from tests.unit.provenance_records import record

MANIFEST = b"manifest"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server.start()
    finally:
        server.remove()


async def test_a_server_that_goes_away_is_retryable_and_nothing_is_lost(server: Server) -> None:
    records = await open_records(server.create("outage"))
    try:
        first = await records.put(record(), MANIFEST)
        await asyncio.to_thread(server.stop)
        for call in (records.ping(), records.after(0, 10), records.put(record(), MANIFEST)):
            with pytest.raises(RetryableError, match="the record database"):
                await call
        await asyncio.to_thread(server.start)
        second = await until_it_works(records)
        assert [each.number for each in await records.after(0, 10)] == [first, second]
    finally:
        await records.close()


async def until_it_works(records: Records) -> int:
    """As a worker tries."""
    made = record()
    async with asyncio.timeout(60):
        while True:
            try:
                return await records.put(made, MANIFEST)
            except RetryableError:
                await asyncio.sleep(0.1)


async def test_a_server_that_is_not_there_is_retryable_and_its_password_is_not_told(server: Server) -> None:
    wrong = server.url().replace("sluice@", "sluice:hunter2@").replace(str(server.port), "1")
    with pytest.raises(RetryableError) as caught:
        await open_records(wrong)
    assert "hunter2" not in str(caught.value)


async def test_a_setting_that_is_no_address_says_so_and_is_not_quoted() -> None:
    with pytest.raises(NotReadyError, match="SLUICE_PROVENANCE_DB") as caught:
        await open_records("postgresql://sluice:hunter2@host/database?colour=blue")
    assert "hunter2" not in str(caught.value)


async def test_a_database_that_does_not_exist_is_retryable(server: Server) -> None:
    with pytest.raises(RetryableError, match="does not exist"):
        await open_records(server.url("nowhere"))


async def test_more_calls_than_connections_take_turns(server: Server) -> None:
    records = await open_records(server.create("turns"))
    try:
        numbers = await asyncio.gather(*(records.put(record(), MANIFEST) for _ in range(100)))
        found = await asyncio.gather(*(records.by_numbers([number]) for number in numbers))
        assert [each.number for (each,) in found] == list(numbers)
    finally:
        await records.close()

"""What both stores of records promise: one file, run on SQLite and on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from provenance.migrations import RECORDS
from provenance.opened import open_records
from provenance.record import Record, Records
from sluice.errors import NotReadyError, TerminalError
from sluice.sql.schema import Migration
from tests.unit.provenance_records import digest, record

NEXT = RECORDS.migrations[-1].number + 1
MANIFEST = b"\x00\x00\x00\x10jumb" + bytes(range(256))

Open = Callable[[], Awaitable[Records]]


@pytest.fixture
async def opened(where: str) -> AsyncIterator[Open]:
    """Opens the database, as a process of its own would."""
    async with AsyncExitStack() as stack:

        async def one() -> Records:
            store = await open_records(where)
            stack.push_async_callback(store.close)
            return store

        yield one


@pytest.fixture
async def records(opened: Open) -> Records:
    return await opened()


async def test_what_was_put_is_found_by_all_that_it_says(records: Records) -> None:
    whole = record(watermark=b"12345678", binding=digest("binding"))
    other = record()
    number = await records.put(whole, MANIFEST)
    await records.put(other, b"another")
    kept = replace(whole, number=number)
    assert number >= 1
    assert await records.by_label(whole.manifest_label) == [kept]
    assert await records.by_digest(whole.signed_sha256) == [kept]
    assert await records.by_digest(whole.source_sha256) == [kept]
    assert await records.by_pixels(whole.pixels_sha256) == [kept]
    assert await records.by_watermark(b"12345678") == [kept]
    assert await records.by_binding(digest("binding")) == [kept]
    assert await records.manifest(whole.manifest_label) == MANIFEST


async def test_nothing_is_found_by_what_nobody_put(records: Records) -> None:
    await records.put(record(), MANIFEST)
    for found in (
        await records.by_label("urn:c2pa:nobody"),
        await records.by_digest(digest("nobody")),
        await records.by_pixels(digest("nobody")),
        await records.by_watermark(b"nobody00"),
        await records.by_watermark(b""),
        await records.by_binding(b""),
        await records.by_serial("nobody", 0, 10),
        await records.by_numbers([4711]),
        await records.by_numbers([]),
    ):
        assert found == []
    assert await records.manifest("urn:c2pa:nobody") is None


async def test_putting_twice_changes_nothing(records: Records) -> None:
    whole = record()
    first = await records.put(whole, MANIFEST)
    assert await records.put(replace(whole, size_bytes=1, number=99), b"other") == first
    assert await records.after(0, 10) == [replace(whole, number=first)]
    assert await records.manifest(whole.manifest_label) == MANIFEST


async def test_a_picture_that_was_signed_twice_is_two_records(records: Records) -> None:
    first = record()
    second = record(request_id=first.request_id, source_sha256=first.source_sha256)
    numbers = [await records.put(each, MANIFEST) for each in (first, second)]
    assert [each.number for each in await records.by_digest(first.source_sha256)] == numbers


async def test_flat_pictures_have_no_hashes(records: Records) -> None:
    number = await records.put(record(quality=3, hashes=()), MANIFEST)
    (kept,) = await records.by_numbers([number])
    assert (kept.quality, kept.hashes) == (3, ())


async def test_a_hash_of_another_length_is_refused(records: Records) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        await records.put(record(hashes=(b"short",)), MANIFEST)


async def test_reading_on_gives_every_record_once_in_order(records: Records) -> None:
    numbers = [await records.put(record(), MANIFEST) for _ in range(7)]
    seen: list[Record] = []
    while page := await records.after(seen[-1].number if seen else 0, 3):
        assert len(page) <= 3
        seen += page
    assert [each.number for each in seen] == numbers == sorted(numbers)


async def test_numbers_are_answered_in_the_order_asked_for(records: Records) -> None:
    numbers = [await records.put(record(), MANIFEST) for _ in range(3)]
    asked = [numbers[2], 4711, numbers[0]]
    assert [each.number for each in await records.by_numbers(asked)] == [numbers[2], numbers[0]]


async def test_what_a_certificate_signed_comes_in_pages(records: Records) -> None:
    mine = [await records.put(record(certificate_serial="c0ffee"), MANIFEST) for _ in range(3)]
    await records.put(record(), MANIFEST)
    first = await records.by_serial("c0ffee", 0, 2)
    rest = await records.by_serial("c0ffee", first[-1].number, 2)
    assert [each.number for each in (*first, *rest)] == mine


async def test_a_look_up_has_an_end(records: Records) -> None:
    for _ in range(101):
        await records.put(record(pixels_sha256=digest("white")), MANIFEST)
    assert len(await records.by_pixels(digest("white"))) == 100


async def test_the_oldest_are_removed_and_their_numbers_never_used_again(records: Records) -> None:
    numbers = [await records.put(record(signed_at_ms=ms), MANIFEST) for ms in (300, 100, 200, 400)]
    assert await records.remove_before(400, 2) == unordered(numbers[1], numbers[2])
    assert await records.remove_before(400, 2) == [numbers[0]]
    assert await records.remove_before(400, 2) == []
    assert [each.number for each in await records.after(0, 10)] == [numbers[3]]
    await records.remove_before(401, 10)
    assert await records.put(record(), MANIFEST) > numbers[3]


class unordered:  # noqa: N801 - reads as a word in an assertion
    """Equal to a list with these numbers."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = sorted(numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and sorted(other) == self.numbers

    def __hash__(self) -> int:
        return 0


async def test_it_is_all_there_after_a_restart(opened: Open) -> None:
    before = await opened()
    number = await before.put(record(), MANIFEST)
    await before.close()
    assert [each.number for each in await (await opened()).after(0, 10)] == [number]


async def test_two_write_the_same_at_once_and_it_is_there_once(opened: Open) -> None:
    stores = await asyncio.gather(opened(), opened())
    made = [record() for _ in range(40)]
    found = await asyncio.gather(*(store.put(each, MANIFEST) for each in made for store in stores))
    numbers = dict.fromkeys(found)
    assert len(numbers) == len(made)
    assert {each.number for each in await stores[0].after(0, 100)} == set(numbers)


async def test_who_reads_on_misses_nothing_that_others_write_at_the_same_time(opened: Open) -> None:
    first, second, reader = await asyncio.gather(opened(), opened(), opened())
    writing = asyncio.gather(*(store.put(record(), MANIFEST) for _ in range(60) for store in (first, second)))
    seen: list[int] = []
    while not writing.done():
        seen += [each.number for each in await reader.after(seen[-1] if seen else 0, 7)]
    while page := await reader.after(seen[-1] if seen else 0, 100):
        seen += [each.number for each in page]
    assert seen == sorted(await writing)


async def test_opening_at_once_makes_the_tables_once(opened: Open) -> None:
    stores = await asyncio.gather(*(opened() for _ in range(4)))
    number = await stores[0].put(record(), MANIFEST)
    for store in stores:
        await store.ping()
        assert [each.number for each in await store.after(0, 2)] == [number]


async def test_what_the_database_refuses_is_terminal(records: Records) -> None:
    # None of both takes a text that is missing.
    with pytest.raises(TerminalError):
        await records.put(record(media_type=None), MANIFEST)


async def test_the_place_in_the_log_is_kept(opened: Open) -> None:
    records = await opened()
    keys = [("a", 0), ("a", 1), ("b", 0)]
    assert await records.places(keys) == {}
    await records.keep_places({("a", 0): 1 << 40, ("b", 0): 7, ("c", 0): 1})
    # A log that was made anew begins at 0.
    await records.keep_places({("a", 0): 3})
    assert await (await opened()).places(keys) == {("a", 0): 3, ("b", 0): 7}


async def test_a_database_from_before_there_were_places_has_none(where: str) -> None:
    old = await open_records(where, replace(RECORDS, migrations=RECORDS.migrations[:1]))
    number = await old.put(record(), MANIFEST)
    await old.close()
    new = await open_records(where)
    assert await new.places([("a", 0)]) == {}
    assert [each.number for each in await new.after(0, 10)] == [number]
    await new.close()


async def open_with(where: str, *more: Migration) -> Records:
    """As a release that has more steps."""
    return await open_records(where, replace(RECORDS, migrations=(*RECORDS.migrations, *more)))


async def test_a_later_release_takes_the_steps_that_are_missing(where: str) -> None:
    old = await open_with(where)
    number = await old.put(record(), MANIFEST)
    await old.close()
    step = Migration(NEXT, "a column more", ("ALTER TABLE provenance_records ADD COLUMN note {bytes}",))
    for _ in range(2):
        new = await open_with(where, step)
        assert [each.number for each in await new.after(0, 10)] == [number]
        await new.close()


async def test_a_database_of_a_newer_release_is_left_alone(where: str) -> None:
    new = await open_with(where, Migration(NEXT, "newer", ()))
    await new.close()
    with pytest.raises(NotReadyError, match="newer release"):
        await open_records(where)


async def test_a_step_that_fails_leaves_nothing_behind(where: str) -> None:
    broken = Migration(NEXT, "broken", ("CREATE TABLE half (a {int64})", "CREATE TABLE half (a {int64})"))
    with pytest.raises(Exception, match="database"):
        await open_with(where, broken)
    mended = Migration(NEXT, "mended", ("CREATE TABLE half (a {int64})",))
    store = await open_with(where, mended)
    await store.ping()
    await store.close()

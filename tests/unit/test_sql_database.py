"""What both databases promise: one file, run on SQLite and on a real PostgreSQL."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.settings import Reader
from sluice.sql.database import Database, open_database, read_database
from sluice.sql.schema import Migration, Schema
from sluice.sql.script import Script, one
from sluice.sql.sqlite import SqliteDatabase
from tests.unit.databases import Databases

STEP = Migration(1, "things", ("CREATE TABLE thing_a (number {key}, word TEXT NOT NULL UNIQUE, at {int64})",))
SCHEMA = Schema("thing", "SLUICE_THING_DB", "the things", 0x736C7563_7777, (STEP,))
ADD = "INSERT INTO thing_a (word, at) VALUES (?, ?) RETURNING number"
ALL = "SELECT word FROM thing_a ORDER BY number"


@pytest.fixture
async def database(where: str) -> AsyncIterator[Database]:
    found = await open_database(where, SCHEMA)
    yield found
    await found.close()


async def words(database: Database) -> list[str]:
    return [row[0] for row in await database.rows(ALL)]


def added(*names: str) -> Script[list[int]]:
    """Adds them, one statement each; their numbers."""
    found = []
    for name in names:
        rows = yield ADD, (name, 1 << 40)
        found.append(int(rows[0][0]))
    return found


async def test_a_script_is_one_transaction(database: Database) -> None:
    assert await database.run(added("a", "b")) == [1, 2]
    assert await words(database) == ["a", "b"]
    with pytest.raises(TerminalError, match="the things refuses this"):
        await database.run(added("c", "a"))
    assert await words(database) == ["a", "b"]
    assert await database.run(one("SELECT at FROM thing_a WHERE word = ?", "b")) == [(1 << 40,)]


def leaving() -> Script[None]:
    yield ADD, ("half", 0)
    raise LookupError("not what was looked for")


async def test_an_error_of_the_script_takes_back_what_it_did_and_comes_out_as_it_is(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.run(leaving())
    assert await words(database) == []
    await database.run(added("next"))
    assert await words(database) == ["next"]


async def test_a_number_is_never_given_twice(database: Database) -> None:
    (first,) = await database.run(added("a"))
    await database.run(one("DELETE FROM thing_a"))
    assert await database.run(added("b")) > [first]


async def test_a_statement_that_cannot_be_is_retryable_and_not_quoted(database: Database) -> None:
    with pytest.raises(RetryableError, match="the things") as caught:
        await database.rows("SELECT secret FROM nowhere")
    assert "secret" not in str(caught.value)


async def test_a_key_that_no_index_takes_is_not_tried_again(kept: Databases, tmp_path: Path) -> None:
    found = await open_database(kept.empty("postgresql", tmp_path), SCHEMA)
    long = random.Random(3).randbytes(5000).hex()
    with pytest.raises(TerminalError, match="the things refuses this") as caught:
        await found.run(added(long))
    assert long[:8] not in str(caught.value)
    await found.close()


async def test_many_at_once_and_several_processes(where: str) -> None:
    both = await asyncio.gather(open_database(where, SCHEMA), open_database(where, SCHEMA))
    await asyncio.gather(*(each.run(added(f"{at}-{place}")) for at in range(20) for place, each in enumerate(both)))
    assert len(await words(both[0])) == 40
    for each in both:
        await each.close()


async def test_a_file_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "things.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opening = asyncio.create_task(open_database(str(path), SCHEMA))
    await asyncio.wait([opening], timeout=0.5)
    assert not opening.done()
    other.execute("ROLLBACK")
    other.close()
    database = await opening
    assert await database.run(added("a")) == [1]
    await database.close()


def test_in_memory_for_those_who_block() -> None:
    database = SqliteDatabase(Path(":memory:"), SCHEMA)
    assert database.run_now(added("a", "b")) == [1, 2]
    database.close_now()


async def test_a_folder_that_is_a_file_is_retryable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RetryableError, match="the things"):
        await open_database(str(tmp_path / "file" / "things.db"), SCHEMA)


async def test_an_address_is_never_quoted(kept: Databases) -> None:
    wrong = kept.server.url().replace("sluice@", "sluice:hunter2@").replace(str(kept.server.port), "1")
    with pytest.raises(RetryableError, match="the things") as away:
        await open_database(wrong, SCHEMA)
    with pytest.raises(NotReadyError, match="SLUICE_THING_DB") as none:
        await open_database("postgresql://host/db?nonsense=hunter2", SCHEMA)
    assert "hunter2" not in f"{away.value} {none.value}"


def test_the_setting_is_a_path_or_an_address(tmp_path: Path) -> None:
    def read(text: str) -> str:
        return read_database(Reader({"SLUICE_THING_DB": text}), "SLUICE_THING_DB", tmp_path / "things.db")

    assert read("") == str(tmp_path / "things.db")
    assert read("here.db") == str(Path.cwd() / "here.db")
    assert read("postgres://somewhere/db") == "postgres://somewhere/db"

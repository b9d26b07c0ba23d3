"""A database's files are their owner's alone."""

from pathlib import Path

import pytest

from sluice.errors import RetryableError
from sluice.sql.schema import Migration, Schema
from sluice.sql.sqlite import SqliteDatabase

STEP = Migration(1, "things", ("CREATE TABLE thing_p (number {key})",))
SCHEMA = Schema("thing", "SLUICE_THING_DB", "the things", 0x736C7563_7778, (STEP,))


@pytest.mark.parametrize("there", [False, True])
def test_nobody_else_reads_them(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "home" / "thing.db"
    if there:
        # As earlier releases left it.
        SqliteDatabase(path, SCHEMA).close_now()
        path.chmod(0o644)
        path.with_name("thing.db-wal").touch(0o644)
    database = SqliteDatabase(path, SCHEMA)
    try:
        assert database.rows_now("SELECT count(*) FROM thing_p") == [(0,)]
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
        assert modes == dict.fromkeys(("thing.db", "thing.db-shm", "thing.db-wal"), 0o600)
    finally:
        database.close_now()


def test_what_is_no_file_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(RetryableError):
        SqliteDatabase(folder, SCHEMA)
    assert folder.stat().st_mode & 0o777 == 0o755


def test_one_that_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    with pytest.raises(RetryableError, match="the things"):
        SqliteDatabase(tmp_path / "home" / "thing.db", SCHEMA)

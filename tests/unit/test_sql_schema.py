"""Which steps are taken, and in which words."""

from dataclasses import replace

import pytest

from sluice.errors import NotReadyError
from sluice.sql.schema import Dialect, Migration, Schema, migrate

FIRST = Migration(1, "first", ("CREATE TABLE thing_a (number {key}, data {bytes}, at {int64})",))
SECOND = Migration(2, "second", ("CREATE INDEX thing_b ON thing_a (at)",))
SCHEMA = Schema("thing", "SLUICE_THING_DB", "the things", 7, (FIRST, SECOND))


def statements(dialect: Dialect, *applied: int) -> list[str]:
    """What is done to a database that has these steps."""
    script = migrate(SCHEMA, dialect)
    said, found = [], next(script)
    while True:
        said.append(found[0])
        rows = [(number,) for number in applied] if found[0].startswith("SELECT number") else []
        try:
            found = script.send(rows)
        except StopIteration:
            return said


def test_the_words_are_those_of_the_database() -> None:
    assert "CREATE TABLE thing_a (number INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB, at INTEGER)" in statements(
        Dialect.SQLITE
    )
    postgres = statements(Dialect.POSTGRES)
    assert (
        "CREATE TABLE thing_a (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data BYTEA, at BIGINT)"
        in postgres
    )
    assert "advisory" in postgres[0]


@pytest.mark.parametrize(("applied", "left"), [((), [1, 2]), ((1,), [2]), ((1, 2), [])])
def test_only_steps_that_are_missing_are_taken(applied: tuple[int, ...], left: list[int]) -> None:
    assert [step.number for step in SCHEMA.missing(applied)] == left
    made = [each for each in statements(Dialect.SQLITE, *applied) if each.startswith("INSERT")]
    assert len(made) == len(left)


def test_a_newer_release_is_named_by_its_setting() -> None:
    with pytest.raises(NotReadyError, match=r"SLUICE_THING_DB.*step 3.*knows 2"):
        SCHEMA.missing([1, 2, 3])
    assert replace(SCHEMA, migrations=(*SCHEMA.migrations, Migration(3, "third", ()))).missing([1, 2, 3]) == []

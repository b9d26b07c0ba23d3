"""A transaction, written once for a database that blocks and for one that is awaited.

It is a generator: it yields a statement with its values, and is sent the rows. Placeholders are `?`, and there is no
per cent sign. An error that leaves it takes back all that it did.
"""

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Row = Sequence[Any]
Script = Generator[tuple[str, Sequence[Any]], Sequence[Row], T]


def one(statement: str, *values: Any) -> Script[Sequence[Row]]:
    """Of a single statement; its rows."""
    return (yield statement, values)

"""What tests of several files have in common."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.databases import KINDS, Databases, databases


@pytest.fixture(scope="module")
def kept() -> Iterator[Databases]:
    """A real PostgreSQL, and room for SQLite files."""
    with databases() as found:
        yield found


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest, kept: Databases, tmp_path: Path) -> str:
    """A database of this test's own, empty: of either kind in turn."""
    return kept.empty(request.param, tmp_path)

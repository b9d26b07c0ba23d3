"""Empty databases of both kinds, for tests that run on each."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.unit.postgres import Server

KINDS: Final = ("sqlite", "postgres")


class Databases:
    """Starts a PostgreSQL when the first one is wanted."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._server: Server | None = None

    @property
    def server(self) -> Server:
        """The one that runs."""
        if self._server is None:
            self._server = Server()
            self._server.start()
        return self._server

    def empty(self, kind: str, folder: Path) -> str:
        """Where a new one is: a path, or an address. `kind`: of `KINDS`."""
        if kind == "sqlite":
            return str(folder / "folder" / "kept.db")
        return self.server.create(f"empty_{next(self._numbers)}")

    def close(self) -> None:
        """Ends and removes the server."""
        if self._server is not None:
            self._server.remove()


@contextmanager
def databases() -> Iterator[Databases]:
    """For as long as the block runs."""
    made = Databases()
    try:
        yield made
    finally:
        made.close()

"""Places in a log, kept in a table beside what was read of it: for `sluice.bus.places`."""

# ruff: noqa: S608 - what is put into these statements are names of ours; values are bound
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sluice.sql.script import Script

Key = tuple[str, int]
"""Topic and partition number."""


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """A table of places by its name."""

    name: str

    @property
    def create(self) -> str:
        """The statement that makes it, for a migration."""
        columns = (
            "topic TEXT NOT NULL, part INTEGER NOT NULL, next_offset {int64} NOT NULL, PRIMARY KEY (topic, part)"
        )
        return f"CREATE TABLE {self.name} ({columns})"

    def places(self, keys: Collection[Key]) -> Script[Mapping[Key, int]]:
        """The offset to read next, of those of these partitions of which there is one."""
        rows = yield f"SELECT topic, part, next_offset FROM {self.name}", ()
        found = {(topic, int(part)): int(place) for topic, part, place in rows}
        return {key: found[key] for key in keys if key in found}

    def keep(self, places: Mapping[Key, int]) -> Script[None]:
        """Everything below these offsets has been dealt with."""
        for (topic, part), place in sorted(places.items()):
            yield (
                f"INSERT INTO {self.name} (topic, part, next_offset) VALUES (?, ?, ?) "
                "ON CONFLICT (topic, part) DO UPDATE SET next_offset = excluded.next_offset",
                (topic, part, place),
            )

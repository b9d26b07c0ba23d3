"""Puts banks.yaml and sources.yaml into a hash store: lay.py FROM TO. Each is there whole or as it was before."""

import sys
from pathlib import Path
from typing import Final

NAMES: Final = ("banks.yaml", "sources.yaml")


def lay(source: Path, target: Path) -> list[str]:
    """Copies what differs, by renaming; returns the names of those files."""
    changed = []
    for name in NAMES:
        data = (source / name).read_bytes()
        path = target / name
        if path.is_file() and path.read_bytes() == data:
            continue
        fresh = target / f".{name}.new"
        fresh.write_bytes(data)
        fresh.replace(path)
        changed.append(name)
    return changed


if __name__ == "__main__":
    for changed in lay(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{changed} is new\n")

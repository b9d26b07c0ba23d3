"""CPU time of a tree of processes, from Linux's /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree_seconds(root: int) -> float:
    """User and system CPU seconds of every living descendant of `root` and of the children that they outlived."""
    return sum(_seconds(pid) for pid in _descendants(root))


def by_name(root: int) -> dict[str, float]:
    """The same, per command: the service's name, "kafka", or the module that runs."""
    found: dict[str, float] = {}
    for pid in _descendants(root):
        name = _name(pid)
        found[name] = found.get(name, 0.0) + _seconds(pid)
    return found


def seconds_of(pid: int) -> float:
    """User and system CPU seconds of one process and of the children that it outlived; 0 where there is none."""
    return _seconds(pid)


def _descendants(root: int) -> Iterator[int]:
    parents = {pid: stat[1] for pid in _pids() if (stat := _stat(pid)) is not None}
    known = {root}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if int(parent) in known} - known
        known |= more
        grown = bool(more)
    yield from known - {root}


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _seconds(pid: int) -> float:
    stat = _stat(pid)
    return sum(map(int, stat[11:15])) / _TICKS if stat else 0.0


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return "ended"
    if "kafka.Kafka" in words:
        return "kafka"
    if "serve" in words:
        return words[words.index("serve") + 1]
    return "decoder" if any("decoder" in word for word in words) else "other"

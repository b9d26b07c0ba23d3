"""Times for people."""

from typing import Final

_MS: Final = 1_000_000


def duration(ns: int) -> str:
    """For people: "0.42 ms", "12.3 ms", "240 ms", "12.3 s"; times before zero have a minus."""
    ms = abs(ns) / _MS
    sign = "-" if ns < 0 else ""
    if ms < 1:
        return f"{sign}{ms:.2f} ms"
    if ms < 100:
        return f"{sign}{ms:.1f} ms"
    return f"{sign}{ms:.0f} ms" if ms < 10_000 else f"{sign}{ms / 1000:.1f} s"

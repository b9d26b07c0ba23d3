"""Cuts the end off, or adds to it."""

from tests.tamper.victim import Victim


def cut(victim: Victim) -> bytes:
    """Without the last 64 bytes."""
    return victim.signed[:-64]


def append(victim: Victim) -> bytes:
    """With some bytes that no decoder looks at."""
    return victim.signed + b"more bytes behind the picture"

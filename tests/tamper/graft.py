"""Moves a manifest onto another picture, which had as large a one in the same place."""

from tests.tamper.place import place
from tests.tamper.victim import Victim


def move(victim: Victim) -> bytes:
    """Raises ValueError where the two manifests differ in size: the file would be broken, not falsified."""
    taken = victim.signed[place(victim.signed, victim.media_type)]
    there = place(victim.other, victim.media_type)
    if len(taken) != there.stop - there.start:
        raise ValueError("the manifests differ in size")
    return victim.other[: there.start] + taken + victim.other[there.stop :]

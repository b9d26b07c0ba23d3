"""The extension `sluice._native`, where it was built. What uses it can do without, with the same answers."""

import importlib
from functools import cache
from types import ModuleType

API = 3
"""The extension's number that this code was written against: one left over from an older build is not used."""


@cache
def extension() -> ModuleType | None:
    """`sluice._native`, or None where it was not built or is another version's."""
    try:
        found = importlib.import_module("sluice._native")
    except ImportError:
        return None
    return found if getattr(found, "API", None) == API else None

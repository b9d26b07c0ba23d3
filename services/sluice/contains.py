"""Whether some bytes occur in many others."""

from sluice.extension import extension


def contains(data: bytes, part: bytes) -> bool:
    """As `part in data`; a tenth of the time where the extension was built, and other threads run meanwhile."""
    found = extension()
    return part in data if found is None else bool(found.contains(data, part))

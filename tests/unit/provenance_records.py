"""Records for tests, and both kinds of store."""

import hashlib
import itertools
from dataclasses import replace
from typing import Any

from provenance.record import Record

_NUMBERS = itertools.count()


def digest(text: str) -> bytes:
    """32 bytes that belong to a text."""
    return hashlib.sha256(text.encode()).digest()


def record(**changes: Any) -> Record:
    """A record unlike every other one, but for what a test says."""
    name = f"picture {next(_NUMBERS)}"
    made = Record(
        number=0,
        request_id=f"00000000-0000-4000-8000-{digest(name).hex()[:12]}",
        manifest_label=f"urn:c2pa:{digest(name).hex()[:32]}",
        certificate_serial="5e71a1",
        object_key=f"signed/{digest(name).hex()}.png",
        media_type="image/png",
        size_bytes=12_345,
        signed_sha256=digest(name + " signed"),
        source_sha256=digest(name + " source"),
        pixels_sha256=digest(name + " pixels"),
        quality=100,
        hashes=tuple(digest(f"{name} {at}") for at in range(7)),
        watermark=b"",
        policy_digest=digest("policy"),
        signed_at_ms=1_700_000_000_000,
    )
    return replace(made, **changes)

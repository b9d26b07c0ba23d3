"""Where a manifest lies in a file."""

from sluice.c2pa_sdk import Sdk
from tests.fuzz.containers import BOXES, kind

_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""Type of the box that holds a manifest store (C2PA specification 2.x, "Embedding manifests into BMFF")."""


def place(data: bytes, media_type: str) -> slice:
    """The bytes that the picture's hash leaves out, because its manifest stands there."""
    if kind(data) == BOXES:
        at = data.index(_C2PA_BOX) - 8
        return slice(at, at + int.from_bytes(data[at : at + 4], "big"))
    found = Sdk().read(data, media_type)
    if found is None:
        raise ValueError("no manifest")
    detailed, _ = found
    store = detailed["manifests"][detailed["active_manifest"]]["assertion_store"]
    longest = max(store["c2pa.hash.data"]["exclusions"], key=lambda each: int(each["length"]))
    return slice(longest["start"], longest["start"] + longest["length"])

"""What is falsified: a signed picture, and another one that its signer signed."""

from dataclasses import dataclass, replace
from pathlib import Path

from c2pa_signer.asset import sign_asset
from c2pa_signer.manifest import Ingredient, Part
from c2pa_signer.sign import Signer
from ingest.decoder.heic import SAMPLE
from sluice.local.authority import issue_chain
from sluice.samples.sample import MEDIA_TYPES, encode
from sluice.samples.scenes import cottage
from tests.unit.signing import FACTS, picture, upload

HEIC = "image/heic"
_MDAT_BODY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Victim:
    """`other` has the same format, size and statements, but other pixels. `edited`: made from an upload that had
    credentials of its own."""

    media_type: str
    signed: bytes
    other: bytes
    edited: bytes


def new_signer(folder: Path, algorithm: str = "es256") -> tuple[Signer, bytes]:
    """A signer with a fresh chain in `folder`, and the PEM text of its root."""
    folder.mkdir(parents=True, exist_ok=True)
    files = issue_chain(algorithm=algorithm)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Signer.open(folder), files["root.pem"]


def victims(signer: Signer) -> list[Victim]:
    """One of each format that is signed."""
    given = Ingredient(Part.UPLOAD, "image/png", sign_asset(signer, FACTS, upload()).data)
    return [victim(signer, media_type, given) for media_type in (*MEDIA_TYPES.values(), HEIC)]


def victim(signer: Signer, media_type: str, given: Ingredient) -> Victim:
    """Signs three pictures of this format, one of them as made from what was given."""
    one, other = pictures(media_type)
    edit = replace(FACTS, edit=True)
    return Victim(
        media_type=media_type,
        signed=sign_asset(signer, FACTS, one).data,
        other=sign_asset(signer, FACTS, other).data,
        edited=sign_asset(signer, edit, one, [given]).data,
    )


def pictures(media_type: str) -> tuple[bytes, bytes]:
    """Two unsigned pictures of one format, size and palette: the second one is mirrored, or has another shade."""
    if media_type == HEIC:
        at = SAMPLE.rindex(b"mdat") + _MDAT_BODY
        return SAMPLE, SAMPLE[:at] + bytes([SAMPLE[at] ^ 1]) + SAMPLE[at + 1 :]
    name = next(name for name, kind in MEDIA_TYPES.items() if kind == media_type)
    return picture(name), encode(cottage(512, 768)[::2, ::-2], name)

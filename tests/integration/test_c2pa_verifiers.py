"""Readers of C2PA that are not ours agree about what the signer signs. `make setup` installs them."""

from dataclasses import replace
from pathlib import Path

import pytest

from c2pa_signer.asset import sign_asset
from c2pa_signer.manifest import Ingredient, Part
from c2pa_signer.settings import Mining
from c2pa_signer.sign import Signer
from sluice.media import EXTENSIONS, sniff
from tests.tamper.readers import SLUICE, TS, WASM, opinions
from tests.tamper.victim import new_signer, victims
from tests.unit.signing import FACTS, picture, upload

TS_READS = {"jpg", "png", "avif", "heic"}


def given(data: bytes) -> Ingredient:
    return Ingredient(Part.UPLOAD, sniff(data) or "", data)


def edits(signer: Signer) -> dict[str, bytes]:
    """Pictures that have others inside, and everything that a manifest can say."""
    edit = replace(FACTS, edit=True)
    mining = replace(FACTS, mining=Mining.NOT_ALLOWED)
    source = sign_asset(signer, FACTS, picture()).data
    return {
        "mining.jpg": sign_asset(signer, mining, picture()).data,
        "edit.jpg": sign_asset(signer, edit, picture(), [given(upload()), given(upload("JPEG"))]).data,
        "signed-source.jpg": sign_asset(signer, FACTS, source).data,
        "signed-source-edit.jpg": sign_asset(signer, edit, source, [given(upload())]).data,
        "edit-of-edit.jpg": sign_asset(
            signer, edit, picture(), [given(sign_asset(signer, edit, upload(), [given(source)]).data)]
        ).data,
    }


@pytest.mark.parametrize("algorithm", ["es256", "ed25519"])
def test_everything_that_is_signed_is_trusted(tmp_path: Path, algorithm: str) -> None:
    signer, root = new_signer(tmp_path / "certs", algorithm)
    pictures = edits(signer)
    for victim in victims(signer):
        extension = EXTENSIONS[victim.media_type]
        pictures |= {f"created.{extension}": victim.signed, f"edited.{extension}": victim.edited}
    found = opinions(tmp_path / "signed", root, pictures)
    assert {file for reader, file in found if reader == WASM} == set(pictures)
    assert {file for reader, file in found if reader == SLUICE} == set(pictures)
    assert {file for reader, file in found if reader == TS} == {
        file for file in pictures if file.rpartition(".")[2] in TS_READS
    }
    assert {key: opinion.codes for key, opinion in found.items() if not opinion.good} == {}


def test_a_picture_without_credentials_is_not(tmp_path: Path) -> None:
    _, root = new_signer(tmp_path / "certs")
    found = opinions(tmp_path / "unsigned", root, {"unsigned.jpg": picture(), "unsigned.webp": picture("WEBP")})
    assert {key: opinion.codes for key, opinion in found.items()} == {
        (SLUICE, "unsigned.jpg"): ("none",),
        (SLUICE, "unsigned.webp"): ("none",),
        (WASM, "unsigned.jpg"): ("C2pa",),
        (WASM, "unsigned.webp"): ("C2pa",),
        (TS, "unsigned.jpg"): ("no manifest",),
    }
    assert not any(opinion.good for opinion in found.values())

"""Readers of C2PA that are not ours agree about what the signer signs. `make setup` installs them."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from c2pa_signer.asset import sign_asset
from c2pa_signer.manifest import Ingredient, Part
from c2pa_signer.settings import Mining
from c2pa_signer.sign import Signer
from sluice.local.authority import issue_chain
from sluice.media import EXTENSIONS, sniff
from sluice.samples.sample import MEDIA_TYPES
from tests.unit.signing import FACTS, picture, signer, upload

VERIFIERS = Path(__file__).parents[1] / "verifiers"
BOTH = {"jpg", "png", "avif"}
"""What c2pa-ts can read; c2pa-wasm reads everything."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return signer(tmp_path_factory.mktemp("certs"))


def opinions(folder: Path, root: bytes, pictures: Mapping[str, bytes]) -> dict[tuple[str, str], list[str] | None]:
    """(reader, file) -> None where the reader trusts it, else the failure codes it names."""
    (folder / "root.pem").write_bytes(root)
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
    command = ["node", str(VERIFIERS / "verify.mjs"), str(folder / "root.pem")]
    done = subprocess.run(
        [*command, *(str(folder / name) for name in pictures)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stderr}\n`npm ci --prefix tests/verifiers` installs the verifiers"
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {(each["reader"], each["file"]): None if each["good"] else each["codes"] for each in answers}


def given(data: bytes) -> Ingredient:
    return Ingredient(Part.UPLOAD, sniff(data) or "", data)


def root_of(signing: Signer) -> bytes:
    return signing._chain.trust_anchors.encode()


def test_every_format_is_trusted(tmp_path: Path, one: Signer) -> None:
    facts = replace(FACTS, mining=Mining.NOT_ALLOWED)
    pictures = {
        f"signed.{EXTENSIONS[media_type]}": sign_asset(one, facts, picture(picture_format)).data
        for picture_format, media_type in MEDIA_TYPES.items()
    }
    found = opinions(tmp_path, root_of(one), pictures)
    assert {file for reader, file in found if reader == "c2pa-wasm"} == set(pictures)
    assert {file for reader, file in found if reader == "c2pa-ts"} == {f"signed.{kind}" for kind in BOTH}
    assert {key: codes for key, codes in found.items() if codes is not None} == {}


def test_edits_and_pictures_with_credentials_of_their_own_are_trusted(tmp_path: Path, one: Signer) -> None:
    edit = replace(FACTS, edit=True)
    source = sign_asset(one, FACTS, picture()).data
    pictures = {
        "edit.jpg": sign_asset(one, edit, picture(), [given(upload()), given(upload("JPEG"))]).data,
        "signed-upload.jpg": sign_asset(one, edit, picture(), [given(sign_asset(one, FACTS, upload()).data)]).data,
        "signed-source.jpg": sign_asset(one, FACTS, source).data,
        "signed-source-edit.jpg": sign_asset(one, edit, source, [given(upload())]).data,
    }
    found = opinions(tmp_path, root_of(one), pictures)
    assert len(found) == 2 * len(pictures)
    assert {key: codes for key, codes in found.items() if codes is not None} == {}


def test_a_changed_picture_is_not(tmp_path: Path, one: Signer) -> None:
    whole = sign_asset(one, FACTS, picture()).data
    at = whole.index(FACTS.request_id.encode())
    pictures = {
        "appended.jpg": whole + b"more",
        "pixel.jpg": whole[:-500] + bytes([whole[-500] ^ 1]) + whole[-499:],
        "assertion.jpg": whole[:at] + b"1" + whole[at + 1 :],
        "unsigned.jpg": picture(),
    }
    found = opinions(tmp_path, root_of(one), pictures)
    assert len(found) == 2 * len(pictures)
    assert all(codes is not None for codes in found.values())
    for reader in ("c2pa-wasm", "c2pa-ts"):
        assert found[reader, "appended.jpg"] == ["assertion.dataHash.mismatch"]
        assert found[reader, "pixel.jpg"] == ["assertion.dataHash.mismatch"]
        assert "assertion.hashedURI.mismatch" in (found[reader, "assertion.jpg"] or [])


def test_a_signer_of_another_root_is_not_trusted(tmp_path: Path, one: Signer) -> None:
    pictures = {"signed.jpg": sign_asset(one, FACTS, picture()).data}
    found = opinions(tmp_path, issue_chain()["root.pem"], pictures)
    assert found["c2pa-wasm", "signed.jpg"] == ["signingCredential.untrusted"]

"""Signing an approved picture with what it was made from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from c2pa_signer.asset import sign_asset
from c2pa_signer.manifest import EDITED, GENERATED, Ingredient, Part
from sluice.errors import TerminalError
from sluice.media import sniff
from sluice.provenance import State, Verification
from tests.unit.signing import FACTS, check, picture, signer, upload

EDIT = replace(FACTS, edit=True)


def given(data: bytes) -> Ingredient:
    return Ingredient(Part.UPLOAD, sniff(data) or "", data)


def actions(found: Verification) -> list[tuple[str, str]]:
    made = found.assertions["c2pa.actions.v2"]["actions"]
    return [(each["action"], each.get("digitalSourceType", "")) for each in made]


def ingredients(found: Verification) -> dict[str, dict[str, Any]]:
    """Title -> ingredient assertion."""
    return {data["dc:title"]: data for label, data in found.assertions.items() if label.startswith("c2pa.ingredient")}


def test_a_generated_picture(tmp_path: Path) -> None:
    found = check(sign_asset(signer(tmp_path), FACTS, picture()).data)
    assert found.state is State.TRUSTED
    assert actions(found) == [("c2pa.created", GENERATED)]
    assert ingredients(found) == {}


def test_an_edit_of_uploads_without_credentials(tmp_path: Path) -> None:
    found = check(sign_asset(signer(tmp_path), EDIT, picture(), [given(upload()), given(upload("JPEG"))]).data)
    assert (found.state, found.gathered, found.ingredient_failures) == (State.TRUSTED, frozenset(), ())
    assert actions(found) == [("c2pa.opened", ""), ("c2pa.placed", ""), ("c2pa.edited", EDITED)]
    made = ingredients(found)
    assert (made["upload 1"]["relationship"], made["upload 2"]["relationship"]) == ("parentOf", "componentOf")
    assert (made["upload 1"]["dc:format"], made["upload 2"]["dc:format"]) == ("image/png", "image/jpeg")
    assert not any("activeManifest" in each or "thumbnail" in each for each in made.values())


def test_the_credentials_of_an_upload_are_carried_on(tmp_path: Path) -> None:
    one = signer(tmp_path)
    signed_upload = sign_asset(one, FACTS, upload()).data
    found = check(sign_asset(one, EDIT, picture(), [given(signed_upload)]).data)
    assert (found.state, found.ingredient_failures) == (State.TRUSTED, ())
    assert actions(found) == [("c2pa.opened", ""), ("c2pa.edited", EDITED)]
    assert "activeManifest" in ingredients(found)["upload 1"]


def test_the_credentials_of_the_generator_are_carried_on_and_not_replaced(tmp_path: Path) -> None:
    one = signer(tmp_path)
    source = sign_asset(one, FACTS, picture())
    signed = sign_asset(one, FACTS, source.data)
    found = check(signed.data)
    assert (found.state, found.ingredient_failures) == (State.TRUSTED, ())
    assert signed.manifest_label != source.manifest_label
    assert actions(found) == [("c2pa.opened", GENERATED)]
    (made,) = ingredients(found).values()
    assert (made["relationship"], made["dc:title"]) == ("parentOf", "source")
    assert source.manifest_label in made["activeManifest"]["url"]


def test_an_edit_whose_generator_signed_it_too(tmp_path: Path) -> None:
    one = signer(tmp_path)
    source = sign_asset(one, FACTS, picture()).data
    found = check(sign_asset(one, EDIT, source, [given(upload())]).data)
    assert (found.state, found.gathered) == (State.TRUSTED, frozenset())
    assert actions(found) == [("c2pa.opened", ""), ("c2pa.edited", EDITED)]
    made = ingredients(found)
    assert (made["source"]["relationship"], made["upload 1"]["relationship"]) == ("parentOf", "inputTo")


@pytest.mark.parametrize("damage", ["pixel", "store"])
def test_broken_credentials_are_dropped_and_the_picture_is_signed_afresh(tmp_path: Path, damage: str) -> None:
    one = signer(tmp_path)
    source = sign_asset(one, FACTS, picture()).data
    at = source.index(b"jumb") + 200 if damage == "store" else len(source) - 300
    broken = source[:at] + bytes([source[at] ^ 0xFF]) + source[at + 1 :]
    assert check(broken).state is State.INVALID
    found = check(sign_asset(one, FACTS, broken).data)
    assert (found.state, found.ingredient_failures) == (State.TRUSTED, ())
    assert actions(found) == [("c2pa.created", GENERATED)]
    assert ingredients(found) == {}


def test_broken_credentials_of_an_upload_are_dropped_but_the_upload_is_named(tmp_path: Path) -> None:
    one = signer(tmp_path)
    broken = sign_asset(one, FACTS, upload("JPEG")).data + b"more"
    found = check(sign_asset(one, EDIT, picture(), [given(broken)]).data)
    assert found.state is State.TRUSTED
    assert "activeManifest" not in ingredients(found)["upload 1"]


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_is_no_picture_is_not_signed(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TerminalError, match="no known type of picture"):
        sign_asset(signer(tmp_path), FACTS, data)


def test_an_upload_may_be_named_without_its_bytes(tmp_path: Path) -> None:
    found = check(sign_asset(signer(tmp_path), EDIT, picture(), [Ingredient(Part.UPLOAD, "image/webp")]).data)
    assert found.state is State.TRUSTED
    assert ingredients(found)["upload 1"]["dc:format"] == "image/webp"


def test_an_upload_of_an_unknown_type_is_named_too(tmp_path: Path) -> None:
    found = check(sign_asset(signer(tmp_path), EDIT, picture(), [Ingredient(Part.UPLOAD, "image/bmp", b"BM")]).data)
    assert found.state is State.TRUSTED


def test_uploads_belong_to_edits(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only for an edit"):
        sign_asset(signer(tmp_path), FACTS, picture(), [given(upload())])

"""Whatever is changed in a signed picture shows, to our verifier and to two that are not ours."""

import io
from pathlib import Path

import pytest
from PIL import Image

from c2pa_signer.asset import sign_asset
from sluice.media import EXTENSIONS
from tests.tamper import free_box
from tests.tamper.kinds import KINDS
from tests.tamper.matrix import UNKNOWN, WHOLE, matrix
from tests.tamper.readers import SLUICE, TS, WASM, Opinions, opinions
from tests.tamper.table import table
from tests.tamper.victim import new_signer, pictures
from tests.unit.signing import FACTS

DOCS = Path(__file__).parents[2] / "docs" / "provenance.md"
TS_READS = {"jpg", "png", "avif", "heic"}
UNSEEN_BY_TS = {"ingredient", UNKNOWN}
"""c2pa-ts neither hashes the manifests of ingredients nor follows a chain to an anchor."""

FOLDERS = {"known": (WHOLE, *KINDS), "unknown": (UNKNOWN,)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def found(folder: Path) -> Opinions:
    return matrix(folder)


def test_everybody_has_an_opinion_on_every_file_of_a_format_that_he_reads(found: Opinions) -> None:
    kinds = (WHOLE, *KINDS, UNKNOWN)
    formats = {SLUICE: set(EXTENSIONS.values()), WASM: set(EXTENSIONS.values()), TS: TS_READS}
    assert set(found) == {
        (reader, f"{kind}.{extension}") for reader, read in formats.items() for kind in kinds for extension in read
    }


@pytest.mark.parametrize("reader", [SLUICE, WASM, TS])
def test_what_nobody_touched_is_good(found: Opinions, reader: str) -> None:
    said = {file: opinion for (who, file), opinion in found.items() if who == reader and file.startswith(WHOLE)}
    assert said
    assert all(opinion.good for opinion in said.values()), said


@pytest.mark.parametrize("kind", [*KINDS, UNKNOWN])
def test_what_was_changed_shows(found: Opinions, kind: str) -> None:
    said = {key: opinion for key, opinion in found.items() if key[1].startswith(f"{kind}.")}
    missed = {key for key, opinion in said.items() if opinion.good}
    assert missed == ({key for key in said if key[0] == TS} if kind in UNSEEN_BY_TS else set())


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("pixel", "Hash.mismatch"),
        ("metadata", "Hash.mismatch"),
        ("graft", "Hash.mismatch"),
        ("assertion", "assertion.hashedURI.mismatch"),
        ("claim", "claimSignature.mismatch"),
        ("signature", "claimSignature.mismatch"),
    ],
)
def test_it_shows_for_the_right_reason(found: Opinions, kind: str, code: str) -> None:
    said = [opinion for key, opinion in found.items() if key[1].startswith(f"{kind}.")]
    assert all(any(each.endswith(code) for each in opinion.codes) for opinion in said), said


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "gif", "tiff", "avif"])
@pytest.mark.parametrize("kind", ["metadata", "appended", "assertion", "claim", "graft"])
def test_a_false_picture_looks_like_a_true_one(found: Opinions, folder: Path, kind: str, extension: str) -> None:
    source = "graft" if kind == "graft" else WHOLE
    assert found
    false = pixels(folder / "known" / f"{kind}.{extension}")
    assert len(false) == 3 * 384 * 256
    if source == WHOLE:
        assert false == pixels(folder / "known" / f"{WHOLE}.{extension}")


def test_the_table_of_the_documentation_is_this_one(found: Opinions) -> None:
    assert "\n".join(table(found)) in DOCS.read_text()


@pytest.mark.parametrize("media_type", ["image/avif", "image/heic"])
def test_the_specification_leaves_out_free_boxes(tmp_path: Path, media_type: str) -> None:
    signer, root = new_signer(tmp_path / "certs")
    signed = sign_asset(signer, FACTS, pictures(media_type)[0]).data
    name = f"free.{EXTENSIONS[media_type]}"
    found = opinions(tmp_path / "free", root, {name: free_box.append(signed)})
    assert {reader: opinion.good for (reader, _), opinion in found.items()} == {SLUICE: True, WASM: True, TS: True}


def pixels(path: Path) -> bytes:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return image.convert("RGB").tobytes()

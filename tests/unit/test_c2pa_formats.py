"""Every format goes the whole way: read by ingest, signed, read back, and still the same picture to ingest."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from c2pa_signer.manifest import EDITED, GENERATED
from ingest.decoder import heic
from ingest.decoder.answer import Reading
from ingest.decoder.picture import Bounds, read
from sluice.media import EXTENSIONS, sniff
from sluice.provenance import State
from tests.unit.heic_pictures import CLEAR, STILL, TURNED
from tests.unit.hostile_pictures import animation, blobs, encoded
from tests.unit.signer_records import stand
from tests.unit.signing import check, picture, upload

BOUNDS = Bounds(max_bytes=8 << 20, max_pixels=4_000_000)
PLAIN = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF", "HEIF"]


@dataclass(frozen=True)
class Case:
    name: str
    media_type: str
    data: bytes


@pytest.fixture(autouse=True, scope="module")
def decoder() -> None:
    heic.register()


def still(form: str) -> bytes:
    return STILL if form == "HEIF" else picture(form)


def with_major_brand(data: bytes, brand: bytes) -> bytes:
    """The same file, of a general kind by its first brand and of its own by the others."""
    return data[:8] + brand + data[12:]


def unusual() -> list[Case]:
    turned = Image.Exif()
    turned[0x0112] = 6
    clear = blobs().convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    grey = Image.frombytes("I;16", (64, 64), bytes(range(256)) * 32)
    return [
        Case("progressive with EXIF", "image/jpeg", encoded(blobs(), "JPEG", progressive=True, exif=turned)),
        Case("CMYK", "image/jpeg", encoded(blobs().convert("CMYK"), "JPEG")),
        Case("with a second picture", "image/jpeg", encoded(blobs(), "MPO", save_all=True, append_images=[blobs()])),
        Case("with bytes behind its end", "image/jpeg", encoded(blobs(), "JPEG") + b"more"),
        Case("animated PNG", "image/png", animation("PNG")),
        Case("PNG of 16 bits", "image/png", encoded(grey, "PNG")),
        Case("PNG with transparency", "image/png", encoded(clear, "PNG")),
        Case("animated WebP", "image/webp", animation("WEBP")),
        Case("lossless WebP", "image/webp", encoded(clear, "WEBP", lossless=True)),
        Case("animated GIF", "image/gif", animation("GIF")),
        Case("BigTIFF", "image/tiff", encoded(blobs(), "TIFF", big_tiff=True)),
        Case("TIFF in LZW", "image/tiff", encoded(blobs(), "TIFF", compression="tiff_lzw")),
        Case("AVIF called mif1", "image/avif", with_major_brand(encoded(blobs(), "AVIF"), b"mif1")),
        Case("AVIF with EXIF", "image/avif", encoded(blobs(), "AVIF", exif=turned)),
        Case("HEIC called mif1", "image/heic", with_major_brand(STILL, b"mif1")),
        Case("HEIC turned", "image/heic", TURNED),
        Case("HEIC with transparency", "image/heic", CLEAR),
    ]


def views(data: bytes) -> list[tuple[str, bytes]]:
    """What ingest shows to the checks: the same before and after the signature."""
    found = read(data, "", BOUNDS)
    assert isinstance(found, Reading), found
    return [(view.what, view.rendition.data) for view in found.views]


async def signed(folder: Path, data: bytes, *uploads: bytes) -> tuple[bytes, str]:
    """The signed picture and its media type; checked to be trusted, and the same to ingest as before."""
    here = stand(folder)
    asset, out = await here.sign(data, [await here.keep(one) for one in uploads])
    found = check(out, asset.signed.media_type)
    assert (found.state, found.failures, found.gathered) == (State.TRUSTED, (), frozenset())
    assert found.created >= {"c2pa.actions.v2", "io.sluice.decision", "c2pa.soft-binding"}
    assert sniff(out) == asset.signed.media_type
    assert asset.signed.uri.endswith("." + EXTENSIONS[asset.signed.media_type])
    assert views(out) == views(data)
    actions = found.assertions["c2pa.actions.v2"]["actions"]
    first, last = actions[0], actions[-1]
    if uploads:
        assert (first["action"], last["action"]) == ("c2pa.opened", "c2pa.edited")
        assert last["digitalSourceType"] == EDITED
        assert found.assertions["c2pa.ingredient.v3"]["relationship"] == "parentOf"
    else:
        assert (first["action"], first["digitalSourceType"]) == ("c2pa.created", GENERATED)
    return out, asset.signed.media_type


@pytest.mark.parametrize("form", PLAIN)
async def test_a_created_picture(tmp_path: Path, form: str) -> None:
    data = still(form)
    out, media_type = await signed(tmp_path, data)
    assert media_type == sniff(data)
    if form != "HEIF":
        with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(out)) as after:
            assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()


@pytest.mark.parametrize("form", PLAIN)
async def test_an_edit_of_an_upload(tmp_path: Path, form: str) -> None:
    await signed(tmp_path, still(form), upload())


@pytest.mark.parametrize("form", PLAIN)
async def test_an_edit_of_an_upload_with_credentials_of_its_own(tmp_path: Path, form: str) -> None:
    credentialed, _ = await signed(tmp_path, still(form))
    here = stand(tmp_path)
    asset, out = await here.sign(picture(), [await here.keep(credentialed)])
    assert [(each.carried, list(each.failures)) for each in asset.ingredients] == [(True, [])]
    found = check(out)
    assert (found.state, found.ingredient_failures) == (State.TRUSTED, ())
    assert "activeManifest" in found.assertions["c2pa.ingredient.v3"]


@pytest.mark.parametrize("case", unusual(), ids=lambda case: case.name)
async def test_whatever_ingest_reads_is_signed(tmp_path: Path, case: Case) -> None:
    _, media_type = await signed(tmp_path, case.data)
    assert media_type == case.media_type

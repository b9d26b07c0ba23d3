"""Manifest stores out of signed pictures of every format, byte for byte."""

import io
import struct
from dataclasses import replace

import pytest
from PIL import Image

from c2pa_signer.manifest import Ingredient, Part, plan
from c2pa_signer.sign import Signed, Signer
from provenance.embedded import manifest_store
from provenance.jumbf import active_only, boxes, manifest_labels, soft_binding
from provenance.record import PDQ_ALGORITHM
from sluice.errors import TerminalError
from sluice.media import sniff
from tests.unit import signing
from tests.unit.heic_pictures import STILL

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF", "HEIF")


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return signing.signer(tmp_path_factory.mktemp("certs"))


def source(form: str) -> bytes:
    return STILL if form == "HEIF" else signing.picture(form)


def sign(signer: Signer, picture: bytes, parent: bytes | None = None, padding: int = 0) -> Signed:
    media_type = sniff(picture)
    assert media_type is not None
    made = plan(signing.FACTS, media_type, [Ingredient(Part.SOURCE, media_type, parent)] if parent else ())
    if padding:
        more = {"label": "org.example.padding", "created": True, "data": {"text": "x" * padding}}
        made = replace(made, manifest={**made.manifest, "assertions": [*made.manifest["assertions"], more]})
    return signer.sign(picture, media_type, made)


@pytest.mark.parametrize("form", FORMATS)
def test_the_store_is_taken_out_whole(signer: Signer, form: str) -> None:
    signed = sign(signer, source(form))
    store = manifest_store(signed.data)
    assert manifest_labels(store) == (signed.manifest_label,)
    (outer,) = boxes(store)
    assert len(outer.data) == len(store)
    if form != "GIF":  # there it lies in blocks of 255 bytes
        assert store in signed.data or form == "JPEG"


@pytest.mark.parametrize("form", ["JPEG", "GIF"])
def test_a_store_that_takes_many_segments(signer: Signer, form: str) -> None:
    signed = sign(signer, source(form), padding=200_000)
    store = manifest_store(signed.data)
    assert len(store) > 200_000
    assert manifest_labels(store) == (signed.manifest_label,)
    assert b"x" * 200_000 in store


def test_the_soft_binding_of_the_active_manifest(signer: Signer) -> None:
    first = sign(signer, source("PNG"))
    facts = replace(signing.FACTS, pdq=b"z" * 32)
    parent = Ingredient(Part.SOURCE, "image/png", first.data)
    second = signer.sign(first.data, "image/png", plan(facts, "image/png", [parent]))
    assert soft_binding(manifest_store(first.data), PDQ_ALGORITHM) == signing.FACTS.pdq
    assert soft_binding(manifest_store(second.data), PDQ_ALGORITHM) == facts.pdq
    assert soft_binding(manifest_store(second.data), "org.example.other") == b""
    flat = signer.sign(source("PNG"), "image/png", plan(replace(facts, pdq_quality=0), "image/png"))
    assert soft_binding(manifest_store(flat.data), PDQ_ALGORITHM) == b""


def test_the_last_manifest_is_the_active_one(signer: Signer) -> None:
    first = sign(signer, source("PNG"))
    second = sign(signer, first.data, parent=first.data)
    store = manifest_store(second.data)
    assert manifest_labels(store) == (first.manifest_label, second.manifest_label)
    alone = active_only(store)
    assert manifest_labels(alone) == (second.manifest_label,)
    assert len(alone) < len(store)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_every_kind(order: str, big: bool) -> None:
    """The second directory has the tag; the first has another."""
    kind, word = ("Q", 8) if big else ("I", 4)
    entry = order + ("HHQQ" if big else "HHII")
    count = order + ("Q" if big else "H")
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HHQ", 8, 0, 16) if big else struct.pack(order + "I", 8)
    size = struct.calcsize(count) + struct.calcsize(entry) + word
    second = len(head) + size
    store = b"the store"
    data = head
    data += struct.pack(count, 1) + struct.pack(entry, 256, 4, 1, 7) + struct.pack(order + kind, second)
    data += (
        struct.pack(count, 1)
        + struct.pack(entry, 0xCD41, 7, len(store), second + size)
        + struct.pack(order + kind, 0)
    )
    assert manifest_store(data + store) == store


def looped() -> bytes:
    """A TIFF whose first directory follows itself."""
    return b"II*\x00" + struct.pack("<IHHHIII", 8, 1, 256, 4, 1, 7, 8)


def unsigned(form: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, form)
    return made.getvalue()


@pytest.mark.parametrize(
    "picture",
    [b"", b"not a picture", looped(), *(unsigned(form) for form in FORMATS[:6])],
)
def test_what_has_none_says_so(picture: bytes) -> None:
    with pytest.raises(TerminalError, match="no manifest store"):
        manifest_store(picture)


@pytest.mark.parametrize("form", FORMATS)
def test_a_picture_that_ends_anywhere_is_an_error_of_ours_or_has_it_whole(signer: Signer, form: str) -> None:
    data = sign(signer, source(form)).data
    whole = manifest_store(data)
    for end in range(0, min(len(data), len(whole) + 2000), 97):
        try:
            found = manifest_store(data[:end])
            assert manifest_labels(found) == manifest_labels(whole)
        except TerminalError:
            pass


@pytest.mark.parametrize("store", [b"", b"\x00" * 40, b"\x00\x00\x00\x08jumb", b"\x00\x00\x00\x01jumb" + b"\xff" * 8])
def test_what_is_no_store_is_refused(store: bytes) -> None:
    with pytest.raises(TerminalError):
        manifest_labels(store)
    with pytest.raises(TerminalError):
        active_only(store)

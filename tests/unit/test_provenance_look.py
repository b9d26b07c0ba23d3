"""The look at a stranger's picture: what is seen, and what becomes of pictures that are made to do harm."""

import hashlib
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from c2pa_signer.manifest import plan
from provenance import look as looking
from provenance.fingerprint import fingerprints, luma, pixels_digest, queries
from provenance.look import Trouble, UnreadableError, look
from provenance.look_child import MOST_PIXELS
from sluice.errors import RetryableError
from sluice.provenance import State
from tests.unit.provenance_pictures import encoded, scene
from tests.unit.signing import FACTS, anchor, picture, signer

SCENE = scene(1, 256)


def test_a_look_sees_what_the_functions_see() -> None:
    data = encoded(SCENE)
    kept, asked = look(data), look(data, query=True)
    assert (kept.width, kept.height, kept.media_type) == (256, 256, "image/png")
    assert kept.sha256 == hashlib.sha256(data).digest()
    assert kept.pixels_sha256 == pixels_digest(SCENE)
    assert kept.fingerprints == fingerprints(SCENE)
    assert asked.fingerprints == queries(SCENE)
    assert (kept.grey() == luma(SCENE)).all()
    assert kept.credentials.state is State.NONE


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_every_format_is_read(form: str) -> None:
    assert look(encoded(SCENE, form)).width == 256


def test_a_picture_is_put_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6
    out = io.BytesIO()
    Image.fromarray(SCENE[:200]).save(out, "PNG", exif=exif)
    found = look(out.getvalue())
    assert (found.width, found.height) == (200, 256)
    assert found.pixels_sha256 == pixels_digest(np.rot90(SCENE[:200], -1))


def test_credentials_are_those_of_the_anchors(tmp_path_factory: pytest.TempPathFactory) -> None:
    signed = signer(tmp_path_factory.mktemp("certs")).sign(picture(), "image/jpeg", plan(FACTS, "image/jpeg")).data
    ours, theirs = look(signed, anchor()), look(signed)
    assert ours.credentials.state is State.TRUSTED
    assert ours.credentials.label.startswith("urn:c2pa:")
    assert ours.credentials.serial
    assert theirs.credentials.state is State.VALID
    assert look(signed + b"more", anchor()).credentials.state is State.INVALID
    # Whoever may say when a picture was signed may not sign in our name.
    assert look(signed, "", anchor()).credentials.state is State.VALID


def _bomb() -> bytes:
    """A PNG that claims more pixels than are read, and holds a few of them."""
    side = 1 + int(MOST_PIXELS**0.5)
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(1 << 20))
    chunks = (header, body, b"IEND")
    parts = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (lambda: b"", Trouble.EMPTY),
        (lambda: b"no picture", Trouble.UNKNOWN_TYPE),
        (lambda: encoded(SCENE)[:2000], Trouble.UNDECODABLE),
        (lambda: encoded(SCENE, "JPEG")[:100], Trouble.UNDECODABLE),
        (lambda: encoded(SCENE, "WEBP")[:1000], Trouble.UNDECODABLE),
        (lambda: b"\xff\xd8\xff" + bytes(1000), Trouble.UNDECODABLE),
        (lambda: encoded(SCENE[:4, :4]), Trouble.UNDECODABLE),
        (_bomb, Trouble.TOO_MANY_PIXELS),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_ends(data: Callable[[], bytes], trouble: Trouble) -> None:
    with pytest.raises(UnreadableError) as raised:
        look(data())
    assert raised.value.trouble is trouble


def test_a_picture_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_ask", lambda *_: (b"\x00\x00", False))
    with pytest.raises(UnreadableError) as raised:
        look(encoded(SCENE))
    assert raised.value.trouble is Trouble.LIMITS


def test_a_child_that_never_began_can_be_tried_again() -> None:
    with pytest.raises(RetryableError, match="did not start"):
        look(encoded(SCENE), seconds=0.0)


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x10{"windows": 1e9}',
        b'\x00\x00\x00\x14{"windows": 99999999}'[:25],
        b'\x00\x00\x00\x1e{"windows": 0, "quality": 1000}'[:34],
    ],
)
def test_an_answer_that_is_none_of_ours_is_not_believed(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_ask", lambda *_: (answer, True))
    with pytest.raises(UnreadableError):
        look(encoded(SCENE))


def test_credentials_that_end_the_child_are_worth_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = looking._ask

    def cut(job: bytes, seconds: float) -> tuple[bytes, bool]:
        answer, _ = asked(job, seconds)
        return answer[: answer.rindex(b'{"state"') - 4], False

    monkeypatch.setattr(looking, "_ask", cut)
    found = look(encoded(SCENE))
    assert found.credentials.state is State.INVALID
    assert found.fingerprints == fingerprints(SCENE)

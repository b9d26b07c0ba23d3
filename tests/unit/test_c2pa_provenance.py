"""What becomes of a signed picture when somebody changes it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from c2pa_signer.manifest import plan
from sluice.local.authority import issue_chain
from sluice.provenance import State, _state, verify
from sluice.samples.sample import MEDIA_TYPES
from tests.unit.signing import FACTS, anchor, check, picture, signer


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("certs")
    return signer(folder).sign(picture(), "image/jpeg", plan(FACTS, "image/jpeg")).data


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 0x01
    return bytes(changed)


def test_an_untouched_picture_is_trusted(jpeg: bytes) -> None:
    found = check(jpeg)
    assert (found.state, found.failures) == (State.TRUSTED, ())
    assert found.label.startswith("urn:c2pa:")


def test_a_changed_pixel_shows(jpeg: bytes) -> None:
    found = check(flipped(jpeg, len(jpeg) - 500))
    assert (found.state, found.failures) == (State.INVALID, ("assertion.dataHash.mismatch",))


def test_appended_bytes_show(jpeg: bytes) -> None:
    found = check(jpeg + b"more")
    assert (found.state, found.failures) == (State.INVALID, ("assertion.dataHash.mismatch",))


def test_an_edited_assertion_shows(jpeg: bytes) -> None:
    at = jpeg.index(FACTS.request_id.encode())
    found = check(flipped(jpeg, at))
    assert found.state is State.INVALID
    assert "assertion.hashedURI.mismatch" in found.failures


def test_an_edited_claim_shows(jpeg: bytes) -> None:
    found = check(jpeg.replace(b"0.0.test", b"9.9.test"))
    assert found.state is State.INVALID
    assert "claimSignature.mismatch" in found.failures


def test_credentials_moved_to_another_picture_show(tmp_path: Path, jpeg: bytes) -> None:
    other = Image.new("RGB", (384, 256), (90, 120, 60))
    out = io.BytesIO()
    other.save(out, "JPEG")
    whole = jpeg.index(b"\xff\xeb")
    end = whole
    while jpeg[end : end + 2] == b"\xff\xeb":  # APP11 segments hold the manifest store
        end += 2 + int.from_bytes(jpeg[end + 2 : end + 4], "big")
    grafted = out.getvalue()[:20] + jpeg[whole:end] + out.getvalue()[20:]
    found = check(grafted)
    assert (found.state, found.failures) == (State.INVALID, ("assertion.dataHash.mismatch",))


def test_a_picture_that_was_saved_again_has_none(jpeg: bytes) -> None:
    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as decoded:
        decoded.save(out, "JPEG", quality=95)
    assert check(out.getvalue()).state is State.NONE


@pytest.mark.parametrize("picture_format", list(MEDIA_TYPES))
def test_an_unsigned_picture_has_none(picture_format: str) -> None:
    found = check(picture(picture_format), MEDIA_TYPES[picture_format])
    assert (found.state, found.label, found.failures, dict(found.decision)) == (State.NONE, "", (), {})


def test_a_signer_that_is_not_known_is_not_trusted(jpeg: bytes) -> None:
    found = verify(jpeg, "image/jpeg", issue_chain()["root.pem"].decode())
    assert (found.state, found.failures) == (State.VALID, ("signingCredential.untrusted",))
    assert found.decision["request_id"] == FACTS.request_id
    assert verify(jpeg, "image/jpeg", "").state is State.VALID


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\xff\xd8\xff\xe0 cut off"])
def test_what_cannot_be_read_is_invalid_and_no_exception(data: bytes) -> None:
    found = check(data)
    assert found.state is State.INVALID
    assert found.failures[0].startswith("unreadable.")


def test_a_wrong_media_type_does_not_make_credentials_vanish(jpeg: bytes) -> None:
    assert check(jpeg, "image/png").state is State.TRUSTED


def test_damaged_credentials_are_invalid(jpeg: bytes) -> None:
    at = jpeg.index(b"jumb")
    damaged = jpeg[: at + 200] + b"\xff" * 700 + jpeg[at + 900 :]
    assert check(damaged).state is State.INVALID


def test_verifying_needs_only_the_file_and_the_anchor(jpeg: bytes, tmp_path: Path) -> None:
    (tmp_path / "signed.jpg").write_bytes(jpeg)
    (tmp_path / "root.pem").write_text(anchor())
    found = verify((tmp_path / "signed.jpg").read_bytes(), "image/jpeg", (tmp_path / "root.pem").read_text())
    assert found.state is State.TRUSTED


@pytest.mark.parametrize(
    ("word", "failures", "state"),
    [
        ("Trusted", (), State.TRUSTED),
        ("Trusted", ("signingCredential.untrusted",), State.VALID),
        ("Trusted", ("assertion.dataHash.mismatch",), State.INVALID),
        ("Valid", (), State.VALID),
        ("Valid", ("signingCredential.untrusted", "claimSignature.mismatch"), State.INVALID),
        ("Invalid", (), State.INVALID),
        ("", (), State.INVALID),
        ("Splendid", (), State.INVALID),
    ],
)
def test_the_sdk_is_believed_only_when_its_word_and_its_list_agree(
    word: str, failures: tuple[str, ...], state: State
) -> None:
    assert _state(word, failures) is state

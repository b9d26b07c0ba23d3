"""What is told of a stranger's credentials."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from c2pa_signer.asset import sign_asset
from c2pa_signer.manifest import Ingredient, Part
from sluice.confined import Ended, Fate
from sluice.credentials import read
from sluice.credentials.read import read_credentials
from sluice.credentials.report import Report
from sluice.errors import RetryableError
from sluice.local.authority import issue_chain
from sluice.provenance import State
from tests.unit.signing import FACTS, anchor, picture, signer, upload


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    signing = signer(tmp_path_factory.mktemp("certs"))
    given = Ingredient(Part.UPLOAD, "image/png", sign_asset(signing, FACTS, upload()).data)
    return sign_asset(signing, replace(FACTS, edit=True), picture(), [given]).data


def test_everything_that_was_signed_is_told(edited: bytes) -> None:
    found = read_credentials(edited, anchor())
    assert (found.state, found.failures) == (State.TRUSTED, ())
    assert found.label.startswith("urn:c2pa:")
    assert (found.signer, found.algorithm) == ("Sluice development Signer", "es256")
    assert "development" in found.issuer
    assert int(found.serial, 16) > 0
    assert (found.stamped_at, found.stamp_trusted) == ("", False)
    assert found.decision["request_id"] == FACTS.request_id
    assert found.decision["policy_digest"] == FACTS.policy_digest.hex()
    assert found.generator.startswith("Sluice ")
    assert [(each.name, each.source_type) for each in found.actions] == [
        ("c2pa.opened", ""),
        ("c2pa.edited", "compositeWithTrainedAlgorithmicMedia"),
    ]
    (ingredient,) = found.ingredients
    assert (ingredient.media_type, ingredient.relationship) == ("image/png", "parentOf")
    assert ingredient.state in (State.TRUSTED, State.VALID)
    assert found.soft_bindings == (("io.sluice.pdq.1", FACTS.pdq.hex()),)
    assert found.gathered == ()


def test_it_says_what_is_wrong(edited: bytes) -> None:
    assert read_credentials(edited, issue_chain()["root.pem"].decode()).state is State.VALID
    assert read_credentials(edited + b"more", anchor()).failures == ("assertion.dataHash.mismatch",)
    at = edited.index(FACTS.request_id.encode())
    changed = read_credentials(edited[:at] + b"1" + edited[at + 1 :], anchor())
    assert changed.state is State.INVALID
    assert changed.failures[0] == "ingredient.manifest.mismatch"
    cut = read_credentials(edited[: len(edited) // 4], anchor())
    assert (cut.state, cut.label) == (State.INVALID, "")
    assert read_credentials(picture(), anchor()) == Report(State.NONE)


def test_only_pictures_are_read() -> None:
    with pytest.raises(ValueError, match="no picture"):
        read_credentials(b"%PDF-1.7", anchor())


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (Ended(Fate.SLOW), "unreadable.slow"),
        (Ended(Fate.DIED), "unreadable.died"),
        (Ended(Fate.ANSWERED, b"nonsense"), "unreadable.died"),
        (Ended(Fate.ANSWERED, b'{"state": "trusted"}'), "unreadable.died"),
    ],
)
def test_a_child_that_does_not_answer_makes_a_picture_invalid(
    monkeypatch: pytest.MonkeyPatch, ended: Ended, code: str
) -> None:
    monkeypatch.setattr(read, "run_confined", lambda *_: ended)
    assert read_credentials(picture(), anchor()) == Report(State.INVALID, (code,))


def test_a_child_that_has_no_time_is_not_waited_for(edited: bytes) -> None:
    assert read_credentials(edited, anchor(), seconds=0.001).failures == ("unreadable.slow",)


def test_a_child_that_does_not_start_says_nothing_about_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(RetryableError):
        read_credentials(picture(), anchor())


def test_what_lies_in_the_working_directory_is_not_run(
    edited: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text(f"open({os.fspath(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(0)")
    monkeypatch.chdir(tmp_path)
    assert read_credentials(edited, anchor()).state is State.TRUSTED
    assert not (tmp_path / "ran").exists()

"""A picture is signed, or it is not: nothing leaves that a verifier would not trust."""

import datetime as dt
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from PIL import Image

from c2pa_signer.key import PrivateKey
from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys import Identity
from c2pa_signer.manifest import Plan, plan
from c2pa_signer.settings import Mining, read_signer_settings
from c2pa_signer.sign import Signer, _objection
from sluice.errors import ConfigError, NotReadyError, TerminalError
from sluice.local.authority import ORGANIZATION, issue_chain
from sluice.provenance import State
from sluice.refreshed import Current
from sluice.samples.sample import MEDIA_TYPES
from sluice.settings import Reader
from tests.unit.signing import FACTS, anchor, check, picture, signer, write_chain
from tests.unit.signing_authority import key_pem

JPEG = "image/jpeg"


def without(made: Plan, label: str) -> Plan:
    kept = [assertion for assertion in made.manifest["assertions"] if assertion["label"] != label]
    return replace(made, manifest={**made.manifest, "assertions": kept})


def with_actions(*actions: dict[str, Any]) -> Plan:
    made = without(plan(FACTS, JPEG), "c2pa.actions.v2")
    assertion = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": list(actions)}}
    return replace(made, manifest={**made.manifest, "assertions": [assertion, *made.manifest["assertions"]]})


@pytest.mark.parametrize(("picture_format", "media_type"), list(MEDIA_TYPES.items()))
def test_every_format_is_signed_and_verifies(tmp_path: Path, picture_format: str, media_type: str) -> None:
    source = picture(picture_format)
    facts = replace(FACTS, mining=Mining.NOT_ALLOWED)
    signed = signer(tmp_path).sign(source, media_type, plan(facts, media_type))
    found = check(signed.data, media_type)
    assert (found.state, found.failures, found.gathered) == (State.TRUSTED, (), frozenset())
    assert found.created >= {"c2pa.actions.v2", "io.sluice.decision", "c2pa.soft-binding", "cawg.training-mining"}
    assert any(label.startswith("c2pa.hash.") for label in found.created)
    assert found.decision["request_id"] == FACTS.request_id
    assert found.issuer == ORGANIZATION
    assert (signed.manifest_label, signed.certificate_serial) == (found.label, found.serial)
    assert signed.media_type == media_type
    with Image.open(io.BytesIO(source)) as before, Image.open(io.BytesIO(signed.data)) as after:
        assert np.array_equal(np.asarray(before.convert("RGB")), np.asarray(after.convert("RGB")))


def test_two_signatures_have_labels_of_their_own(tmp_path: Path) -> None:
    one = signer(tmp_path)
    labels = {one.sign(picture(), JPEG, plan(FACTS, JPEG)).manifest_label for _ in range(2)}
    assert len(labels) == 2


@pytest.mark.parametrize("data", [b"", b"no picture", picture("PNG"), picture()[:40]])
def test_what_is_not_the_picture_it_is_said_to_be_is_not_signed(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TerminalError, match="not signed"):
        signer(tmp_path).sign(data, JPEG, plan(FACTS, JPEG))


@pytest.mark.parametrize(
    "made",
    [
        without(plan(FACTS, JPEG), "c2pa.actions.v2"),
        with_actions({"action": "c2pa.created"}),
        with_actions({"action": "c2pa.edited"}),
        with_actions({"action": "c2pa.opened"}),
    ],
    ids=["no actions", "created by nothing", "edited but not opened", "opened without a parent"],
)
def test_a_malformed_manifest_is_not_signed(tmp_path: Path, made: Plan) -> None:
    with pytest.raises(TerminalError, match="not signed"):
        signer(tmp_path).sign(picture(), JPEG, made)


def test_an_assertion_that_the_signer_does_not_vouch_for_is_not_signed(tmp_path: Path) -> None:
    made = plan(FACTS, JPEG)
    loose = [
        {**assertion, "created": assertion["label"] != "io.sluice.decision"}
        for assertion in made.manifest["assertions"]
    ]
    with pytest.raises(TerminalError, match="does not vouch"):
        signer(tmp_path).sign(picture(), JPEG, replace(made, manifest={**made.manifest, "assertions": loose}))


def test_a_chain_that_its_own_root_does_not_reach_signs_nothing(tmp_path: Path) -> None:
    write_chain(tmp_path)
    (tmp_path / "root.pem").write_bytes(issue_chain()["root.pem"])
    with pytest.raises(NotReadyError, match=r"root\.pem"):
        Signer.open(tmp_path)


def test_another_key_in_the_same_certificate_signs_nothing(tmp_path: Path) -> None:
    """The files are checked when they are read; here the check is gone round."""
    certificates = Keyring(Place(write_chain(tmp_path))).value.certificates
    other = load_pem_private_key(issue_chain()["key.pem"], None)
    assert isinstance(other, EllipticCurvePrivateKey)
    key = PrivateKey(certificates.algorithm, certificates.pem, key_pem(other), other)
    with pytest.raises(TerminalError, match=r"credentials are invalid: claimSignature\.mismatch"):
        Signer(Current(Identity(certificates, key))).sign(picture(), JPEG, plan(FACTS, JPEG))


def test_an_expired_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    write_chain(tmp_path, begins=dt.datetime.now(dt.UTC) - dt.timedelta(days=2), leaf_days=1)
    with pytest.raises(NotReadyError, match="expired"):
        Signer.open(tmp_path)


def test_a_certificate_that_expires_while_the_signer_runs_is_noticed(tmp_path: Path) -> None:
    now = [dt.datetime.now(dt.UTC)]
    one = Signer.open(write_chain(tmp_path), clock=lambda: now[0])
    one.sign(picture(), JPEG, plan(FACTS, JPEG))
    now[0] = one.expires
    with pytest.raises(NotReadyError, match="expired"):
        one.sign(picture(), JPEG, plan(FACTS, JPEG))


def test_a_missing_chain_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="`sluice dev certs`"):
        Signer.open(tmp_path / "certs")


def test_the_serial_is_the_certificates(tmp_path: Path) -> None:
    one = signer(tmp_path)
    assert one.serial == one.sign(picture(), JPEG, plan(FACTS, JPEG)).certificate_serial
    assert check(one.sign(picture(), JPEG, plan(FACTS, JPEG)).data).serial == one.serial
    assert anchor().startswith("-----BEGIN CERTIFICATE-----")


def test_settings(tmp_path: Path) -> None:
    default = read_signer_settings(Reader({}), tmp_path)
    assert (default.certs, default.mining) == (tmp_path / "certs", Mining.UNSAID)
    reader = Reader({"SLUICE_C2PA_CERTS": "/chain", "SLUICE_C2PA_TRAINING_MINING": "notAllowed"})
    assert read_signer_settings(reader, tmp_path).certs == Path("/chain")
    assert read_signer_settings(reader, tmp_path).mining is Mining.NOT_ALLOWED


def test_a_wrong_setting_is_named_and_not_guessed(tmp_path: Path) -> None:
    reader = Reader({"SLUICE_C2PA_TRAINING_MINING": "perhaps"})
    read_signer_settings(reader, tmp_path)
    with pytest.raises(ConfigError, match="SLUICE_C2PA_TRAINING_MINING"):
        reader.finish()


def test_what_was_read_back_is_compared_with_what_was_meant(tmp_path: Path) -> None:
    one = signer(tmp_path)
    made = plan(FACTS, JPEG)
    found = check(one.sign(picture(), JPEG, made).data)
    assert _objection(found, made, one.serial) == ""
    assert "another certificate" in _objection(replace(found, serial="1"), made, one.serial)
    assert "does not vouch" in _objection(replace(found, gathered=frozenset({"c2pa.actions.v2"})), made, one.serial)
    other = {**found.assertions, "io.sluice.decision": {**found.decision, "request_id": "another"}}
    assert "another decision" in _objection(replace(found, assertions=other), made, one.serial)
    assert "invalid" in _objection(replace(found, state=State.INVALID), made, one.serial)

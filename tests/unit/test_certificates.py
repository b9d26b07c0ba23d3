"""The development chain: made once, never replaced unasked, whole or not at all."""

import datetime as dt
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typer.testing import CliRunner

from sluice.cli.certs import app
from sluice.cli.dev import app as dev
from sluice.errors import NotReadyError
from sluice.local.authority import issue_chain
from sluice.local.certificates import certs_folder, create_chain, ensure_chain, load_chain

FILES = ("root.pem", "chain.pem", "key.pem")


def contents(home: Path) -> dict[str, bytes]:
    return {name: (certs_folder(home) / name).read_bytes() for name in FILES}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_chain_is_made_where_there_is_none(tmp_path: Path) -> None:
    chain = ensure_chain(tmp_path / "home")
    assert names(tmp_path / "home" / "certs") == sorted(FILES)
    assert stat.S_IMODE(chain.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(chain.root.stat().st_mode) == 0o644
    assert chain.expires - dt.datetime.now(dt.UTC) > dt.timedelta(days=364)
    assert not chain.expired()
    assert chain.expired(chain.expires)


def test_a_chain_is_kept(tmp_path: Path) -> None:
    first = ensure_chain(tmp_path)
    before = contents(tmp_path)
    assert ensure_chain(tmp_path) == first
    assert contents(tmp_path) == before


def test_only_force_replaces_a_chain_and_leaves_nothing_behind(tmp_path: Path) -> None:
    first = create_chain(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(NotReadyError, match="--force"):
        create_chain(tmp_path)
    assert contents(tmp_path) == before
    assert create_chain(tmp_path, force=True).serial != first.serial
    after = contents(tmp_path)
    assert all(before[name] != after[name] for name in FILES)
    assert names(tmp_path) == [".certs.lock", "certs"]


def test_an_expired_chain_is_not_replaced_unasked(tmp_path: Path) -> None:
    certs_folder(tmp_path).mkdir()
    begins = dt.datetime.now(dt.UTC) - dt.timedelta(days=10)
    for name, content in issue_chain(begins, leaf_days=1).items():
        (certs_folder(tmp_path) / name).write_bytes(content)
    before = contents(tmp_path)
    assert ensure_chain(tmp_path).expired()
    assert contents(tmp_path) == before


def test_makers_at_the_same_time_make_one_chain(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        chains = set(pool.map(lambda _: ensure_chain(tmp_path), range(8)))
    assert len(chains) == 1


@pytest.mark.parametrize("name", FILES)
def test_an_incomplete_chain_is_named_and_not_mended_by_guessing(tmp_path: Path, name: str) -> None:
    ensure_chain(tmp_path)
    (certs_folder(tmp_path) / name).unlink()
    with pytest.raises(NotReadyError, match=f"has no {name}; `sluice dev certs --force`"):
        ensure_chain(tmp_path)


def test_a_damaged_chain_is_named(tmp_path: Path) -> None:
    ensure_chain(tmp_path)
    (certs_folder(tmp_path) / "chain.pem").write_text("not a certificate")
    with pytest.raises(NotReadyError, match=r"chain\.pem is unreadable"):
        ensure_chain(tmp_path)


def test_a_missing_chain_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="`sluice dev certs` makes a development chain"):
        load_chain(tmp_path / "certs")


def test_each_certificate_is_what_readers_of_c2pa_ask_for() -> None:
    made = issue_chain()
    leaf, issuing = x509.load_pem_x509_certificates(made["chain.pem"])
    (root,) = x509.load_pem_x509_certificates(made["root.pem"])
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert [_limits(each) for each in (root, issuing, leaf)] == [(True, None), (True, 0), (False, None)]
    for certificate, issuer in ((leaf, issuing), (issuing, root), (root, root)):
        assert _identifier(certificate) == _own_identifier(issuer)
        assert "not for production" in str(
            certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
        )
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.key_cert_sign) == (True, False)
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    key = serialization.load_pem_private_key(made["key.pem"], None)
    assert key.public_key() == leaf.public_key()


def _limits(certificate: x509.Certificate) -> tuple[bool, int | None]:
    limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    return limits.ca, limits.path_length


def _identifier(certificate: x509.Certificate) -> bytes | None:
    return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def _own_identifier(certificate: x509.Certificate) -> bytes:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_the_command_makes_keeps_and_replaces(tmp_path: Path) -> None:
    environment = {"SLUICE_HOME": str(tmp_path)}
    answers = []
    for arguments in ([], [], ["--force"]):
        outcome = CliRunner().invoke(app, arguments, env=environment)
        assert outcome.exit_code == 0
        answers.append(json.loads(outcome.stdout))
    made, kept, replaced = answers
    assert made == kept
    assert made["key"] == str(tmp_path / "certs" / "key.pem")
    assert replaced["serial"] != made["serial"]


def test_the_command_is_part_of_sluice(tmp_path: Path) -> None:
    environment = {"SLUICE_HOME": str(tmp_path)}
    made = CliRunner().invoke(dev, ["certs"], env=environment)
    replaced = CliRunner().invoke(dev, ["certs", "--force"], env=environment)
    assert (made.exit_code, replaced.exit_code) == (0, 0)
    assert json.loads(made.stdout)["serial"] != json.loads(replaced.stdout)["serial"]


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    ensure_chain(tmp_path).key.unlink()
    outcome = CliRunner().invoke(app, [], env={"SLUICE_HOME": str(tmp_path)})
    assert outcome.exit_code == 1
    assert "has no key.pem" in outcome.stderr


def test_the_command_says_that_a_chain_has_expired(tmp_path: Path) -> None:
    certs_folder(tmp_path).mkdir()
    begins = dt.datetime.now(dt.UTC) - dt.timedelta(days=10)
    for name, content in issue_chain(begins, leaf_days=1).items():
        (certs_folder(tmp_path) / name).write_bytes(content)
    outcome = CliRunner().invoke(app, [], env={"SLUICE_HOME": str(tmp_path)})
    assert outcome.exit_code == 1
    assert "has expired" in outcome.stderr


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("es256", ec.EllipticCurvePublicKey),
        ("ES384", ec.EllipticCurvePublicKey),
        ("ps256", rsa.RSAPublicKey),
        ("ed25519", ed25519.Ed25519PublicKey),
    ],
)
def test_the_signing_key_may_be_of_another_kind(algorithm: str, kind: type) -> None:
    files = issue_chain(algorithm=algorithm)
    leaf, issuing = x509.load_pem_x509_certificates(files["chain.pem"])
    key = serialization.load_pem_private_key(files["key.pem"], None)
    assert isinstance(leaf.public_key(), kind)
    assert key.public_key() == leaf.public_key()
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(x509.load_pem_x509_certificate(files["root.pem"]))


def test_an_algorithm_that_is_not_known_is_refused() -> None:
    with pytest.raises(KeyError):
        issue_chain(algorithm="rot13")

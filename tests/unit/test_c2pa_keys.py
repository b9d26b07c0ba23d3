"""The signing chain is checked before anybody relies on it."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from c2pa_signer.keys import read_signing_chain
from sluice.errors import NotReadyError
from tests.unit.signing import write_chain

NOW = dt.datetime.now(dt.UTC)


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_a_whole_chain_is_read(tmp_path: Path) -> None:
    chain = read_signing_chain(write_chain(tmp_path))
    assert chain.begins < dt.datetime.now(dt.UTC) < chain.expires
    assert int(chain.serial, 16) > 0
    assert "BEGIN PRIVATE KEY" not in repr(chain)


def test_a_missing_chain_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="`sluice dev certs`"):
        read_signing_chain(tmp_path / "certs")


@pytest.mark.parametrize("name", ["root.pem", "chain.pem", "key.pem"])
def test_a_damaged_file_is_not_ready(tmp_path: Path, name: str) -> None:
    (write_chain(tmp_path) / name).write_bytes(b"damaged")
    with pytest.raises(NotReadyError, match=r"cannot be read|unreadable"):
        read_signing_chain(tmp_path)


def test_the_key_must_be_the_certificates(tmp_path: Path) -> None:
    (write_chain(tmp_path) / "key.pem").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(NotReadyError, match="is not the key of the first certificate"):
        read_signing_chain(tmp_path)


def test_the_key_must_be_of_the_curve_that_is_signed_with(tmp_path: Path) -> None:
    (write_chain(tmp_path) / "key.pem").write_bytes(pem(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(NotReadyError, match="P-256"):
        read_signing_chain(tmp_path)


def test_an_expired_chain_is_not_ready_and_says_since_when(tmp_path: Path) -> None:
    write_chain(tmp_path, begins=NOW - dt.timedelta(days=3), leaf_days=1)
    with pytest.raises(NotReadyError, match=r"expired at .*sluice dev certs --force"):
        read_signing_chain(tmp_path)


def test_a_chain_of_tomorrow_is_not_ready(tmp_path: Path) -> None:
    write_chain(tmp_path, begins=NOW + dt.timedelta(days=1))
    with pytest.raises(NotReadyError, match="is not valid before"):
        read_signing_chain(tmp_path)


def test_the_end_of_any_certificate_is_the_end_of_the_chain(tmp_path: Path) -> None:
    chain = read_signing_chain(write_chain(tmp_path, leaf_days=9000))
    assert chain.expires < NOW + dt.timedelta(days=5 * 365 + 1)


@pytest.mark.parametrize(("offset", "valid"), [(-1, True), (0, False), (1, False)])
def test_validity_ends_with_the_last_second(tmp_path: Path, offset: int, valid: bool) -> None:
    chain = read_signing_chain(write_chain(tmp_path))
    moment = chain.expires + dt.timedelta(seconds=offset)
    if valid:
        chain.require_valid(moment)
    else:
        with pytest.raises(NotReadyError, match="expired"):
            chain.require_valid(moment)

"""A chain that no verifier would accept is refused before anything is signed with it, and the fault is named."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from c2pa_signer.key import Algorithm
from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys_chain import read_certificates
from c2pa_signer.sign import Signer
from sluice.errors import NotReadyError
from tests.unit.signing_authority import C2PA, EMAIL, House, PrivateKey, install, key_pem, new_key, pem

ALGORITHMS = ["es256", "es384", "ps256", "ed25519"]


def put(folder: Path, house: House, chain: bytes, key: PrivateKey) -> Path:
    return install(folder, chain, pem(house.root), key_pem=key_pem(key))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_chain_of_ones_own_is_read_and_its_algorithm_is_the_keys(tmp_path: Path, algorithm: str) -> None:
    house, key = House(), new_key(algorithm)
    leaf = house.leaf(key.public_key())
    ring = Keyring(Place(put(tmp_path, house, house.chain(leaf), key)))
    certificates = ring.value.certificates
    assert certificates.algorithm is Algorithm(algorithm)
    assert certificates.serial == f"{leaf.serial_number:x}"
    assert certificates.ends == leaf.not_valid_after_utc
    assert "PRIVATE" not in repr(ring.value) + repr(ring.value.key) + repr(certificates)


@pytest.mark.parametrize("purposes", [[C2PA], [ExtendedKeyUsageOID.CODE_SIGNING, EMAIL]])
def test_the_purposes_that_c2pa_knows(tmp_path: Path, purposes: list[x509.ObjectIdentifier]) -> None:
    house, key = House(), new_key("es256")
    chain = house.chain(house.leaf(key.public_key(), purposes))
    assert Signer.open(put(tmp_path, house, chain, key)).serial


@pytest.mark.parametrize(
    ("purposes", "named"),
    [
        ([], "is nothing"),
        ([ExtendedKeyUsageOID.CODE_SIGNING], r"is 1\.3\.6\.1\.5\.5\.7\.3\.3;"),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, EMAIL], r"2\.5\.29\.37\.0"),
    ],
)
def test_other_purposes_are_named(purposes: list[x509.ObjectIdentifier], named: str) -> None:
    house = House()
    leaf = house.leaf(new_key("es256").public_key(), purposes)
    with pytest.raises(NotReadyError, match=rf"extended key usage \(EKU\) .*{named}"):
        read_certificates(house.chain(leaf), pem(house.root))


def test_a_certificate_that_may_not_sign(tmp_path: Path) -> None:
    house = House()
    leaf = house.leaf(new_key("es256").public_key(), signs=False)
    with pytest.raises(NotReadyError, match="should be digitalSignature"):
        read_certificates(house.chain(leaf), pem(house.root))


def test_the_wrong_order_is_named() -> None:
    house = House()
    leaf = house.leaf(new_key("es256").public_key())
    with pytest.raises(NotReadyError, match="wrong order: the signing certificate comes first"):
        read_certificates(pem(house.issuing, leaf), pem(house.root))
    with pytest.raises(NotReadyError, match="wrong order: certificate 2 did not issue certificate 1"):
        read_certificates(pem(leaf, house.root, house.issuing), pem(house.root))


def test_the_leaf_alone_is_named() -> None:
    house = House()
    with pytest.raises(NotReadyError, match=r"the signing certificate alone; its issuer's \(CN=Issuing,O=House A\)"):
        read_certificates(pem(house.leaf(new_key("es256").public_key())), pem(house.root))


def test_a_hole_and_a_foreign_root_are_named() -> None:
    house, other = House(), House(name="B")
    leaf = house.leaf(new_key("es256").public_key())
    with pytest.raises(NotReadyError, match="no certificate in it issued certificate 1"):
        read_certificates(pem(leaf, other.issuing), pem(other.root))
    with pytest.raises(NotReadyError, match=r"no certificate in root\.pem issued the last one"):
        read_certificates(house.chain(leaf), pem(other.root))
    both = read_certificates(house.chain(leaf), pem(other.root, house.root))
    assert both.leaf == leaf


def test_the_root_may_be_in_the_chain() -> None:
    house = House()
    leaf = house.leaf(new_key("es256").public_key())
    assert read_certificates(pem(leaf, house.issuing, house.root), pem(house.root)).leaf == leaf


def test_only_authorities_are_no_chain() -> None:
    house = House()
    with pytest.raises(NotReadyError, match="has no signing certificate"):
        read_certificates(pem(house.issuing, house.root), pem(house.root))


def test_a_key_that_strayed_into_the_chain_is_not_published() -> None:
    house, key = House(), new_key("es256")
    chain = house.chain(house.leaf(key.public_key())) + key_pem(key)
    with pytest.raises(NotReadyError, match=r"chain\.pem holds a private key"):
        read_certificates(chain, pem(house.root))


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP521R1()), rsa.generate_private_key(65537, 1024)])
def test_keys_that_are_not_signed_with_are_named(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    house = House()
    with pytest.raises(NotReadyError, match="P-256 or P-384, Ed25519, or RSA of 2048 bits"):
        read_certificates(house.chain(house.leaf(key.public_key())), pem(house.root))


def test_the_key_of_another_certificate_is_named(tmp_path: Path) -> None:
    house, key = House(), new_key("es256")
    chain = house.chain(house.leaf(key.public_key()))
    with pytest.raises(NotReadyError, match="not the key of the first certificate"):
        Signer.open(put(tmp_path, house, chain, new_key("es256")))


def test_a_locked_key_is_named(tmp_path: Path) -> None:
    house, key = House(), new_key("es256")
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )
    folder = install(tmp_path, house.chain(house.leaf(key.public_key())), pem(house.root), key_pem=locked)
    with pytest.raises(NotReadyError, match="encrypted"):
        Signer.open(folder)


def test_an_old_form_of_key_is_read(tmp_path: Path) -> None:
    """`openssl ecparam -genkey` writes it; the C2PA library reads PKCS#8 alone."""
    house, key = House(), new_key("es256")
    old = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    folder = install(tmp_path, house.chain(house.leaf(key.public_key())), pem(house.root), key_pem=old)
    assert Signer.open(folder).serial


def test_an_expired_and_a_future_chain_are_named(tmp_path: Path) -> None:
    house, key, now = House(), new_key("es256"), dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    gone = house.chain(house.leaf(key.public_key(), begins=now - 3 * day, lasts=day))
    with pytest.raises(NotReadyError, match="expired at"):
        Signer.open(put(tmp_path / "gone", house, gone, key))
    to_come = house.chain(house.leaf(key.public_key(), begins=now + day))
    with pytest.raises(NotReadyError, match="not valid before"):
        Signer.open(put(tmp_path / "to-come", house, to_come, key))

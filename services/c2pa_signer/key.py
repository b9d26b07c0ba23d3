"""What signs: a key with its certificates, wherever the key itself lives."""

import hashlib
from enum import StrEnum
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sluice.errors import NotReadyError

LEAST_RSA_BITS = 2048
"""C2PA specification 2.x, "Digital signatures": RSA keys are of at least this size."""
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


class Algorithm(StrEnum):
    """How a key signs, by the names that C2PA and COSE use."""

    ES256 = "es256"
    """ECDSA, P-256, SHA-256."""
    ES384 = "es384"
    """ECDSA, P-384, SHA-384."""
    PS256 = "ps256"
    """RSA with PSS, SHA-256, a salt of 32 bytes."""
    ED25519 = "ed25519"


class Key(Protocol):
    """A signing key and its certificates. Threads share one.

    A signature over `data` as it is (the key's algorithm says how it is digested): for ECDSA an ASN.1 sequence of
    r and s, else the bytes themselves.
    """

    @property
    def algorithm(self) -> Algorithm:
        """How it signs."""

    @property
    def chain_pem(self) -> bytes:
        """Certificates, the signing one first."""

    def sign(self, data: bytes) -> bytes:
        """Signs; blocks, over the network for most keys. RetryableError: not now. NotReadyError: not until somebody
        has mended something. Neither has a secret in its message."""

    def close(self) -> None:
        """Lets go of connections. A call of `sign` that is under way still ends well."""


def algorithm_of(certificate: x509.Certificate) -> Algorithm:
    """How the key of a certificate signs. Raises NotReadyError for a key that C2PA has no use for."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotReadyError("the signing certificate's key is of a kind that cannot be read") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return Algorithm.ED25519
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return Algorithm.PS256
    if isinstance(key, ec.EllipticCurvePublicKey):
        by_curve = {"secp256r1": Algorithm.ES256, "secp384r1": Algorithm.ES384}
        if key.curve.name in by_curve:
            return by_curve[key.curve.name]
    raise NotReadyError(
        "the signing certificate's key should be of the curve P-256 or P-384, Ed25519, or RSA of 2048 bits and more"
    )


def digest(algorithm: Algorithm, data: bytes) -> bytes:
    """What a remote key is asked to sign, where it wants the digest: 48 bytes for ES384, else 32. Ed25519 has none:
    ValueError."""
    if algorithm is Algorithm.ED25519:
        raise ValueError("Ed25519 signs the data, not a digest")
    return (hashlib.sha384 if algorithm is Algorithm.ES384 else hashlib.sha256)(data).digest()


def ecdsa_der(signature: bytes) -> bytes:
    """r and s, one after the other in equal lengths, as the ASN.1 sequence of the two."""
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))


def verifies(certificate: x509.Certificate, algorithm: Algorithm, signature: bytes, data: bytes) -> bool:
    """Whether a signature was made over `data` by the key of this certificate."""
    key = certificate.public_key()
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _PSS, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, _ecdsa(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _ecdsa(algorithm: Algorithm) -> ec.ECDSA:
    return ec.ECDSA(hashes.SHA384() if algorithm is Algorithm.ES384 else hashes.SHA256())


class PrivateKey:
    """A key that lies in this process's memory. Has no repr: one of its texts is a private key."""

    __slots__ = ("_key", "algorithm", "chain_pem", "key_pem")

    def __init__(
        self,
        algorithm: Algorithm,
        chain_pem: bytes,
        key_pem: bytes,
        key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey,
    ) -> None:
        """`key` is what `key_pem` holds; the PEM has no password any more."""
        self.algorithm = algorithm
        self.chain_pem = chain_pem
        self.key_pem = key_pem
        self._key = key

    def __repr__(self) -> str:
        return f"<a private key, {self.algorithm}>"

    def sign(self, data: bytes) -> bytes:
        """Signs at once."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PSS, hashes.SHA256())
        return self._key.sign(data, _ecdsa(self.algorithm))

    def close(self) -> None:
        """There is nothing to let go of."""

"""A key that is ready to sign: read, opened wherever it lives, and tried out before anybody relies on it."""

import threading
from collections.abc import Mapping, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from c2pa_signer.key import Key, PrivateKey, verifies
from c2pa_signer.keys_chain import Certificates
from c2pa_signer.keys_uri import KeyUri, Kind
from c2pa_signer.kms_aws import AwsKey
from c2pa_signer.kms_azure import AzureKey
from c2pa_signer.kms_gcp import GcpKey
from c2pa_signer.pkcs11_key import Pkcs11Key
from c2pa_signer.vault_key import VaultKey
from sluice.c2pa_sdk import CredentialError, Json, RemoteSigningKey, Sdk, SigningKey, Source
from sluice.errors import NotReadyError, RetryableError, SluiceError
from sluice.provenance import State, verify_with

_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636000000002000148afa471"
    "0000000049454e44ae426082"
)
"""One black pixel."""
_TRIAL = {
    "claim_generator_info": [{"name": "Sluice", "version": "trial"}],
    "format": "image/png",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "created": True,
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation",
                    }
                ]
            },
        }
    ],
}


class Identity:
    """A key, its certificates, and the C2PA library opened with both. Threads share one."""

    def __init__(self, certificates: Certificates, key: Key, stamp_url: str = "") -> None:
        """`stamp_url`: where timestamps come from, if any do. Raises NotReadyError where the library refuses the
        certificates."""
        self.certificates = certificates
        self.key = key
        self.sdk = Sdk(certificates.anchors_pem, certificates.stamp_anchors_pem)
        self.reader = Sdk(certificates.issuer_pem or certificates.anchors_pem)
        """Trusts the certificate that issued the signing one. That a root reaches it is the same for every picture,
        and `try_out` sees to it; verifying it again each time would be a third of a signature's cost."""
        self._fault = threading.local()
        try:
            self.plain = self._opened("")
            self.stamping = self._opened(stamp_url) if stamp_url else None
        except CredentialError as error:
            raise NotReadyError(
                f"signing certificate {certificates.serial} is not one that C2PA accepts: {error}"
            ) from error

    def __repr__(self) -> str:
        return f"<a signing identity, certificate {self.certificates.serial}>"

    def embed(
        self, key: SigningKey, picture: bytes, media_type: str, manifest: Json, sources: Sequence[Source]
    ) -> bytes:
        """The picture, signed; `key` is `plain` or `stamping`. Raises what the key raised, and CredentialError where
        it was not the key that failed."""
        self._fault.error = None
        try:
            return self.sdk.sign(key, picture, media_type, manifest, sources)
        except CredentialError as error:
            fault: SluiceError | None = self._fault.error
            if fault is not None:
                raise fault from error
            raise

    def try_out(self) -> None:
        """Signs one pixel and reads it back. Raises NotReadyError, and RetryableError where no key answers."""
        try:
            signed = self.embed(self.plain, _PNG, "image/png", _TRIAL, ())
        except CredentialError as error:
            serial = self.certificates.serial
            raise NotReadyError(f"signing certificate {serial} is not one that C2PA accepts: {error}") from error
        found = verify_with(self.sdk, signed, "image/png")
        if found.state is not State.TRUSTED:
            raise NotReadyError(f"what the key signs is {found.state} to a verifier: {', '.join(found.failures)}")

    def _opened(self, stamp_url: str) -> SigningKey:
        pem, key = self.certificates.pem, self.key
        if isinstance(key, PrivateKey):
            return SigningKey(pem, key.key_pem, key.algorithm, stamp_url)
        return RemoteSigningKey(pem, self._sign, key.algorithm, stamp_url)

    def _sign(self, data: bytes) -> bytes:
        """Called by the library: what goes wrong is kept for who called that."""
        self._fault.error = RetryableError("the signing key failed")
        try:
            signature = self.key.sign(data)
        except SluiceError as error:
            self._fault.error = error
            return b""
        if not verifies(self.certificates.leaf, self.key.algorithm, signature, data):
            self._fault.error = NotReadyError(
                "the signing key is not that of the certificate: was it rotated, or is its algorithm another one?"
            )
            return b""
        self._fault.error = None
        return signature


def open_key(certificates: Certificates, uri: KeyUri, env: Mapping[str, str]) -> Key:
    """The key at an address. Raises NotReadyError, RetryableError."""
    algorithm, pem = certificates.algorithm, certificates.pem
    match uri.kind:
        case Kind.PKCS11:
            return Pkcs11Key(uri, algorithm, pem)
        case Kind.AWS:
            return AwsKey(uri, algorithm, pem)
        case Kind.GCP:
            return GcpKey(uri, algorithm, pem)
        case Kind.AZURE:
            return AzureKey(uri, algorithm, pem)
        case Kind.VAULT:
            return VaultKey(uri, algorithm, pem, env)


def read_private_key(certificates: Certificates, key_pem: bytes) -> PrivateKey:
    """The key in a file. Raises NotReadyError for one that is broken, locked, or not the signing certificate's."""
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except TypeError as error:
        raise NotReadyError("key.pem is encrypted; Sluice has no place for its password: decrypt it") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotReadyError("key.pem cannot be read: it should hold one private key as PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        raise NotReadyError("key.pem should hold a key of ECDSA, Ed25519 or RSA")
    if key.public_key() != certificates.leaf.public_key():
        raise NotReadyError("key.pem is not the key of the first certificate in chain.pem")
    # The library reads PKCS#8 alone.
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return PrivateKey(certificates.algorithm, certificates.pem, plain, key)

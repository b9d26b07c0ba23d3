"""The C2PA SDK behind a few typed calls: only the modules `sluice.c2pa_*` import it.

The SDK wraps a native library that talks to the network, makes thumbnails and signs manifests that its own reader
then refuses, unless it is told otherwise. Here it is told otherwise, once, for reading and for writing.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import c2pa

from sluice.c2pa_streams import Streams, streams
from sluice.errors import SluiceError

Json = Mapping[str, Any]
"""An object of JSON, as the SDK takes and gives it."""

PURPOSES = (
    "1.3.6.1.5.5.7.3.4",  # e-mail protection
    "1.3.6.1.5.5.7.3.36",  # document signing (RFC 9336)
    "1.3.6.1.4.1.62558.2.1",  # C2PA claim signing
    "1.3.6.1.5.5.7.3.8",  # time stamping
    "1.3.6.1.5.5.7.3.9",  # OCSP signing
)
"""What a certificate may be for. The SDK forgets its own list as soon as it is given any trust anchors."""

SIGNERS = "urn:sluice:signers"
STAMPS = "urn:sluice:stamps"
"""What the lists of anchors are called."""

_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_KIND = re.compile(r"[A-Za-z]{1,40}")


class CredentialError(SluiceError):
    """The SDK refused. The message is the kind of refusal alone: its own text may quote the file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that goes into another one, with what the manifest says about it."""

    about: Json
    media_type: str
    data: bytes


class SigningKey:
    """A key with its certificates, leaf first, opened for signing. Threads may share one."""

    def __init__(self, chain_pem: bytes, key_pem: bytes, algorithm: str = "es256", stamp_url: str = "") -> None:
        """A private key as PEM. `algorithm`: `es256`, `es384`, `ps256` or `ed25519`; KeyError for another.
        `stamp_url`: of an RFC 3161 timestamp authority, asked for every signature.

        Raises CredentialError for certificates that the SDK does not accept.
        """
        try:
            info = c2pa.C2paSignerInfo(_algorithm(algorithm), chain_pem, key_pem, stamp_url.encode() or None)
            self._native = c2pa.Signer.from_info(info)
        except c2pa.C2paError as error:
            raise _refusal(error) from None

    def native(self) -> c2pa.Signer:
        """The SDK's own object."""
        return self._native


class RemoteSigningKey(SigningKey):
    """A key that lives elsewhere.

    Every manifest gets some 9 kB of padding: the SDK keeps room for 10,000 bytes and knows no way to say less.
    """

    def __init__(
        self, chain_pem: bytes, sign: Callable[[bytes], bytes], algorithm: str = "es256", stamp_url: str = ""
    ) -> None:
        """`sign` is called in the thread that signs a picture; it returns the signature (ECDSA: as ASN.1), or nothing
        where it failed. What it raises is a failure too, and lost. Otherwise as `SigningKey`."""
        # The SDK logs what a callback raises, word for word.
        logging.getLogger("c2pa").disabled = True
        try:
            self._native = c2pa.Signer.from_callback(
                sign, _algorithm(algorithm), chain_pem.decode("ascii", "replace"), stamp_url or None
            )
        except c2pa.C2paError as error:
            raise _refusal(error) from None


class Sdk:
    """Reads and signs, trusting the anchors it was made with; none: nobody is trusted. Threads may share one.

    `stamp_anchors_pem`: trusted with timestamps alone. The SDK itself trusts any anchor with anything, and only says
    by which list it trusted a signer: `sluice.provenance.judge` wants that to be SIGNERS. Where both lists reach one
    it names either; so what stands in both is kept in the first alone, and neither should issue the other's.
    """

    def __init__(self, trust_anchors_pem: str = "", stamp_anchors_pem: str = "", by: Streams | None = None) -> None:
        """`by`: how the library gets at pictures; None: the fastest way that is here."""
        self._streams = streams() if by is None else by
        self._context = c2pa.Context.from_dict(_settings(trust_anchors_pem, stamp_anchors_pem))

    def read(self, data: bytes, media_type: str) -> tuple[Json, Json] | None:
        """The manifest store in detail and in short, both checked against `data`; None where there is none.

        Raises CredentialError for a picture or a store that cannot be read.
        """
        try:
            found = self._streams.read(self._context, data, media_type)
        except c2pa.C2paError as error:
            raise _refusal(error) from None
        return None if found is None else (json.loads(found[0]), json.loads(found[1]))

    def sign(self, key: SigningKey, data: bytes, media_type: str, manifest: Json, sources: Sequence[Source]) -> bytes:
        """The picture with a manifest embedded. Nothing has looked at it yet: `read` tells whether it verifies.

        Raises CredentialError.
        """
        ingredients = [(source.about, source.media_type, source.data) for source in sources]
        try:
            return self._streams.sign(self._context, key.native(), data, media_type, manifest, ingredients)
        except c2pa.C2paError as error:
            raise _refusal(error) from None


def _settings(trust_anchors_pem: str, stamp_anchors_pem: str) -> Json:
    signers = {"".join(each.split()) for each in _CERTIFICATE.findall(trust_anchors_pem)}
    others = [each for each in _CERTIFICATE.findall(stamp_anchors_pem) if "".join(each.split()) not in signers]
    lists = (("manifest", SIGNERS, trust_anchors_pem), ("tsa", STAMPS, "\n".join(others)))
    anchors = [{"trust_kind": kind, "trust_uri": uri, "trust_anchors": pem} for kind, uri, pem in lists if pem]
    return {
        "version": 1,
        "trust": {"anchors": anchors, "trust_config": "\n".join(PURPOSES)},
        "builder": {
            # A thumbnail can be larger than the picture, and one of an upload would publish the upload.
            "thumbnail": {"enabled": False},
            # Without this an ingredient is "gathered": the signer would not vouch for it.
            "created_assertion_labels": ["c2pa.ingredient", "c2pa.ingredient.v3"],
        },
        # Readers other than the SDK's do not know compressed manifests.
        "core": {"prefer_compress_manifests": False, "allowed_network_hosts": []},
        # Whoever signs reads all of it back through `read`, which tells more and is as strict. Once is enough: it is
        # most of a signature's cost (docs/performance.md).
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }


def _algorithm(name: str) -> c2pa.C2paSigningAlg:
    return c2pa.C2paSigningAlg[name.upper()]


def _refusal(error: Exception) -> CredentialError:
    kind = str(error).split(":", maxsplit=1)[0]
    return CredentialError(kind if _KIND.fullmatch(kind) else "C2PA")

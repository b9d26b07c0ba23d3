"""The C2PA SDK behind a few typed calls: the only module that imports it.

The SDK wraps a native library that talks to the network, makes thumbnails and signs manifests that its own reader
then refuses, unless it is told otherwise. Here it is told otherwise, once, for reading and for writing.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import c2pa

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
    """A P-256 key with its certificates, leaf first, opened for signing. Threads may share one."""

    def __init__(self, chain_pem: bytes, key_pem: bytes) -> None:
        """Raises CredentialError for certificates that the SDK does not accept."""
        try:
            info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain_pem, key_pem, None)
            self._native = c2pa.Signer.from_info(info)
        except c2pa.C2paError as error:
            raise _refusal(error) from None

    def native(self) -> c2pa.Signer:
        """The SDK's own object."""
        return self._native


class Sdk:
    """Reads and signs, trusting the anchors it was made with; none: nobody is trusted. Threads may share one."""

    def __init__(self, trust_anchors_pem: str = "") -> None:
        self._context = c2pa.Context.from_dict(_settings(trust_anchors_pem))

    def read(self, data: bytes, media_type: str) -> tuple[Json, Json] | None:
        """The manifest store in detail and in short, both checked against `data`; None where there is none.

        Raises CredentialError for a picture or a store that cannot be read.
        """
        try:
            reader = c2pa.Reader.try_create(media_type, io.BytesIO(data), context=self._context)
            if reader is None:
                return None
            with reader:
                return json.loads(reader.detailed_json()), json.loads(reader.json())
        except c2pa.C2paError as error:
            raise _refusal(error) from None

    def sign(self, key: SigningKey, data: bytes, media_type: str, manifest: Json, sources: Sequence[Source]) -> bytes:
        """The picture with a manifest embedded. Raises CredentialError."""
        out = io.BytesIO()
        try:
            with c2pa.Builder(dict(manifest), context=self._context) as builder:
                for source in sources:
                    builder.add_ingredient(dict(source.about), source.media_type, io.BytesIO(source.data))
                builder.sign(key.native(), media_type, io.BytesIO(data), out)
        except c2pa.C2paError as error:
            raise _refusal(error) from None
        return out.getvalue()


def _settings(trust_anchors_pem: str) -> Json:
    anchors = {"trust_anchors": trust_anchors_pem} if trust_anchors_pem else {}
    return {
        "version": 1,
        "trust": {**anchors, "trust_config": "\n".join(PURPOSES)},
        "builder": {
            # A thumbnail can be larger than the picture, and one of an upload would publish the upload.
            "thumbnail": {"enabled": False},
            # Without this an ingredient is "gathered": the signer would not vouch for it.
            "created_assertion_labels": ["c2pa.ingredient", "c2pa.ingredient.v3"],
        },
        # Readers other than the SDK's do not know compressed manifests.
        "core": {"prefer_compress_manifests": False, "allowed_network_hosts": []},
        "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }


def _refusal(error: Exception) -> CredentialError:
    kind = str(error).split(":", maxsplit=1)[0]
    return CredentialError(kind if _KIND.fullmatch(kind) else "C2PA")

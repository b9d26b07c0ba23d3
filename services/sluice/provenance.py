"""Reads and checks the C2PA credentials of a picture.

verification = verify(data, sniff(data), Path("root.pem").read_text())
verification.state is State.TRUSTED
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sluice.c2pa_sdk import SIGNERS, CredentialError, Json, Sdk

DECISION_LABEL = "io.sluice.decision"
"""The assertion that names the decision which let the picture out."""

_UNKNOWN_SIGNER = "signingCredential.untrusted"
_KNOWN_SIGNER = "signingCredential.trusted"


class State(StrEnum):
    """What a picture's credentials are worth. Only TRUSTED means anything about who made them."""

    NONE = "none"
    """There are none."""
    INVALID = "invalid"
    """They do not belong to this picture, were altered, or cannot be read."""
    VALID = "valid"
    """They are whole, but signed by somebody whom the trust anchors do not reach."""
    TRUSTED = "trusted"
    """They are whole, and signed by somebody whom the trust anchors reach."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. Everything but `state` and `failures` is of the active manifest and empty where it could not
    be read."""

    state: State
    label: str = ""
    """Of the active manifest: `urn:c2pa:...`."""
    issuer: str = ""
    """Organisation of the signing certificate's subject: what other tools show as the issuer."""
    serial: str = ""
    """Of the signing certificate, hexadecimal."""
    assertions: Mapping[str, Any] = field(default_factory=dict)
    """Label -> content."""
    created: frozenset[str] = frozenset()
    """Labels that the signer vouches for."""
    gathered: frozenset[str] = frozenset()
    """Labels that it passes on."""
    failures: tuple[str, ...] = ()
    """C2PA status codes, such as `assertion.dataHash.mismatch`."""
    ingredient_failures: tuple[str, ...] = ()
    """The same, of the pictures that went into this one. They do not make it invalid."""

    @property
    def decision(self) -> Mapping[str, str]:
        """What Sluice said about the decision; empty where it said nothing that its signer vouches for."""
        found = self.assertions.get(DECISION_LABEL) if DECISION_LABEL in self.created else None
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def verify(data: bytes, media_type: str, trust_anchor_pem: str) -> Verification:
    """Checks the picture's credentials against one or more trust anchors. Never fetches anything.

    Does not raise for what is wrong with the picture: that is what `state` and `failures` are for. A hostile file
    can make the SDK use much time and memory; read a stranger's picture in a process with limits.
    """
    return verify_with(Sdk(trust_anchor_pem), data, media_type)


def verify_with(sdk: Sdk, data: bytes, media_type: str) -> Verification:
    """`verify` with an SDK that is open already."""
    try:
        found = sdk.read(data, media_type)
    except CredentialError as error:
        return Verification(State.INVALID, failures=(f"unreadable.{error}",))
    if found is None:
        return Verification(State.NONE)
    return judge(*found)


def judge(detailed: Json, brief: Json) -> Verification:
    """What the manifest store that `Sdk.read` found is worth."""
    label = str(detailed.get("active_manifest") or "")
    manifest = detailed.get("manifests", {}).get(label, {})
    about = brief.get("manifests", {}).get(label, {})
    signature = about.get("signature_info", {})
    claim = manifest.get("claim", {})
    results = detailed.get("validation_results", {})
    failures = _codes(results.get("activeManifest", {}))
    word = str(detailed.get("validation_state", ""))
    if word == "Trusted" and not _is_by_signers(results.get("activeManifest", {})):
        # By an anchor that is there for timestamps: its house may issue certificates to anybody.
        failures += (_UNKNOWN_SIGNER,)
    state = _state(word, failures)
    if state is State.INVALID:
        # What is wrong may stand here alone: somebody changed the credentials of an ingredient later.
        failures += tuple(
            code
            for delta in results.get("ingredientDeltas", ())
            for code in _codes(delta.get("validationDeltas", {}))
            if code != _UNKNOWN_SIGNER
        )
    return Verification(
        state=state,
        label=label,
        issuer=str(signature.get("issuer", "")),
        serial=_hexadecimal(str(signature.get("cert_serial_number", ""))),
        assertions=manifest.get("assertion_store", {}),
        created=_labels(claim.get("created_assertions", ())),
        gathered=_labels(claim.get("gathered_assertions", ())),
        failures=failures,
        ingredient_failures=tuple(
            code
            for ingredient in about.get("ingredients", ())
            for code in _codes(ingredient.get("validation_results", {}).get("activeManifest", {}))
        ),
    )


def _state(word: str, failures: tuple[str, ...]) -> State:
    if word == "Trusted" and not failures:
        return State.TRUSTED
    # The SDK says "Valid" and lists the untrusted signer as a failure; that one is what VALID means.
    if word in ("Valid", "Trusted") and set(failures) <= {_UNKNOWN_SIGNER}:
        return State.VALID
    return State.INVALID


def _is_by_signers(results: Json) -> bool:
    """Whether the active manifest is trusted by an anchor of signers. `trustListUri`, beside these results, is of
    whichever manifest was read last, and that may be an ingredient."""
    said = [entry.get("explanation") for entry in results.get("success", ()) if entry.get("code") == _KNOWN_SIGNER]
    return bool(said) and all(f"[{SIGNERS}]" in str(one) for one in said)


def _codes(results: Json) -> tuple[str, ...]:
    return tuple(str(failure.get("code", "")) for failure in results.get("failure", ()))


def _labels(references: Iterable[Json]) -> frozenset[str]:
    """`self#jumbf=c2pa.assertions/LABEL` -> LABEL."""
    return frozenset(str(reference.get("url", "")).rpartition("/")[2] for reference in references)


def _hexadecimal(decimal: str) -> str:
    return f"{int(decimal):x}" if decimal.isdecimal() else ""

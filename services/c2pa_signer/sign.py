"""Signs a picture and believes nothing until it has read its own work back."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from c2pa_signer.keys import SigningChain, read_signing_chain
from c2pa_signer.manifest import Plan
from sluice.c2pa_sdk import CredentialError, Sdk, SigningKey, Source
from sluice.errors import NotReadyError, TerminalError
from sluice.media import sniff
from sluice.provenance import DECISION_LABEL, State, Verification, verify_with

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Signed:
    """A picture with its credentials. `certificate_serial` is hexadecimal."""

    data: bytes
    media_type: str
    manifest_label: str
    certificate_serial: str


def utc_now() -> dt.datetime:
    """The signer's clock."""
    return dt.datetime.now(dt.UTC)


class Signer:
    """A signing chain, opened once per process and after any fork. Threads may share one."""

    def __init__(self, chain: SigningChain, clock: Clock = utc_now) -> None:
        self._chain = chain
        self._clock = clock
        self._sdk = Sdk(chain.trust_anchors)
        try:
            self._key = SigningKey(chain.chain, chain.key)
        except CredentialError as error:
            raise NotReadyError(
                f"signing certificate {chain.serial} is not one that C2PA accepts: {error}"
            ) from error

    @classmethod
    def open(cls, folder: Path, clock: Clock = utc_now) -> Self:
        """Reads the chain in `folder`. Raises NotReadyError where it could not sign now, and says what mends it."""
        return cls(read_signing_chain(folder, clock()), clock)

    @property
    def serial(self) -> str:
        """Of the signing certificate, hexadecimal."""
        return self._chain.serial

    @property
    def expires(self) -> dt.datetime:
        """When the chain ends, UTC."""
        return self._chain.expires

    def sign(self, picture: bytes, media_type: str, plan: Plan) -> Signed:
        """Embeds the manifest and checks the result as a stranger would. Blocks for some 10 ms of CPU time.

        Raises NotReadyError once the certificate has expired (nothing was done: try again with a new one) and
        TerminalError for a picture that cannot be signed, or a signed one that did not verify.
        """
        self._chain.require_valid(self._clock())
        if sniff(picture) != media_type:
            raise TerminalError(f"not signed: the picture is not {media_type}")
        sources = [
            Source(about, ingredient.media_type, ingredient.data)
            for about, ingredient in plan.ingredients
            if ingredient.data is not None
        ]
        try:
            data = self._sdk.sign(self._key, picture, media_type, plan.manifest, sources)
        except CredentialError as error:
            raise TerminalError(f"not signed: the C2PA library refused the picture: {error}") from error
        found = verify_with(self._sdk, data, media_type)
        problem = self._objection(found, plan)
        if problem:
            raise TerminalError(f"not signed: read back, {problem}")
        return Signed(data, media_type, found.label, found.serial)

    def _objection(self, found: Verification, plan: Plan) -> str:
        """Why a signed picture must not leave; empty where it may."""
        wanted = {assertion["label"]: assertion["data"] for assertion in plan.manifest["assertions"]}
        if found.state is not State.TRUSTED:
            return f"its credentials are {found.state}: {', '.join(found.failures)}"
        if found.serial != self._chain.serial:
            return "it was signed with another certificate"
        if found.gathered or not set(wanted) <= found.created:
            return "the signer does not vouch for all of it"
        if found.assertions.get(DECISION_LABEL) != wanted.get(DECISION_LABEL):
            return "it names another decision"
        return ""

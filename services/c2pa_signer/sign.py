"""Signs a picture and believes nothing until it has read its own work back."""

import datetime as dt
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from c2pa_signer.keyring import Clock, Keyring, Place, utc_now
from c2pa_signer.keys import Identity
from c2pa_signer.manifest import Plan
from c2pa_signer.stamps import Down, Stamps
from sluice.c2pa_sdk import CredentialError, Json, Sdk, SigningKey, Source
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.media import sniff
from sluice.provenance import DECISION_LABEL, State, Verification, judge
from sluice.refreshed import Current

_STAMPED = frozenset({"timeStamp.validated", "timeStamp.trusted"})
"""Status codes of the C2PA specification: the timestamp is whole, and of an authority that the anchors reach."""
_LONG_SECONDS = 90.0
"""Keys over the network give up after ten seconds, the library on timestamps after thirty; a token never does."""
_NO_STAMP = "not signed: no timestamp authority answers; the picture waits (SLUICE_C2PA_TSA_DOWN=hold)"
_BAD_STAMP = "not signed: the timestamp would not be trusted: is its authority's root in root.pem or stamp-roots.pem?"


@dataclass(frozen=True, slots=True)
class Signed:
    """A picture with its credentials. `certificate_serial` is hexadecimal."""

    data: bytes
    media_type: str
    manifest_label: str
    certificate_serial: str
    stamped: bool = False
    """Whether a timestamp authority witnessed it: it then stays valid when its certificate ends."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One picture, as the library takes it."""

    picture: bytes
    media_type: str
    manifest: Json
    sources: Sequence[Source]


class Signer:
    """Signs with the identity that is in use when it begins. Threads may share one; made after any fork."""

    def __init__(
        self,
        ring: Current[Identity],
        clock: Clock = utc_now,
        stamps: Stamps | None = None,
        down: Down = Down.HOLD,
    ) -> None:
        """`stamps`: None where pictures are not stamped; else the identity was opened with their door."""
        self._ring = ring
        self._clock = clock
        self._stamps = stamps
        self._down = down
        self._trouble = ""
        self._unstamped = 0
        self._begun: dict[int, float] = {}
        self._counting = threading.Lock()

    @classmethod
    def open(cls, folder: Path, clock: Clock = utc_now) -> Self:
        """With the identity in `folder`, without timestamps. Raises NotReadyError where it could not sign now, and
        says what mends it."""
        return cls(Keyring(Place(folder), clock), clock)

    @property
    def serial(self) -> str:
        """Of the signing certificate in use, hexadecimal."""
        return self._ring.value.certificates.serial

    @property
    def expires(self) -> dt.datetime:
        """When the chain in use ends, UTC."""
        return self._ring.value.certificates.ends

    @property
    def key_kind(self) -> str:
        """Where the key in use lives: PrivateKey (in this process), Pkcs11Key, AwsKey, ..., never which one it is."""
        return type(self._ring.value.key).__name__

    @property
    def trouble(self) -> str:
        """What went wrong with the key or the timestamps at the last signature, or that one does not end; empty:
        nothing."""
        with self._counting:
            first = min(self._begun.values(), default=None)
        if first is not None and time.monotonic() - first > _LONG_SECONDS:
            return f"a signature has been under way for more than {_LONG_SECONDS:.0f} s: the key does not answer"
        return self._trouble

    @property
    def unstamped(self) -> int:
        """Pictures signed without the timestamp that they should have had."""
        return self._unstamped

    def sign(self, picture: bytes, media_type: str, plan: Plan) -> Signed:
        """Embeds the manifest and checks the result as a stranger would. Blocks for some 10 ms of CPU time, and for
        as long as the key and the timestamp authority take.

        Raises NotReadyError where the certificate has expired or the key is not what it was, RetryableError where the
        key or every timestamp authority does not answer (nothing was done: try again), and TerminalError for a
        picture that cannot be signed, or a signed one that did not verify.
        """
        identity = self._ring.value
        identity.certificates.require_valid(self._clock())
        if sniff(picture) != media_type:
            raise TerminalError(f"not signed: the picture is not {media_type}")
        sources = [
            Source(about, ingredient.media_type, ingredient.data)
            for about, ingredient in plan.ingredients
            if ingredient.data is not None
        ]
        work = _Work(picture, media_type, plan.manifest, sources)
        with self._counting:
            self._begun[threading.get_ident()] = time.monotonic()
        try:
            signed = self._stamped(identity, work, plan) if identity.stamping is not None else None
            signed = signed or self._signed(identity, identity.plain, work, plan)
        except (RetryableError, NotReadyError) as error:
            self._trouble = str(error)
            raise
        finally:
            with self._counting:
                del self._begun[threading.get_ident()]
        if identity.stamping is None or signed.stamped:
            self._trouble = ""
        else:
            with self._counting:
                self._unstamped += 1
        return signed

    def _stamped(self, identity: Identity, work: _Work, plan: Plan) -> Signed | None:
        """With a timestamp; None where there is none to be had and pictures need not wait for one."""
        assert identity.stamping is not None
        problem = _NO_STAMP
        if self._stamps is None or self._stamps.available():
            try:
                signed = self._signed(identity, identity.stamping, work, plan)
            except TerminalError:
                # The picture's fault, or the authorities'? Without them it shows.
                plain = self._signed(identity, identity.plain, work, plan)
                if self._down is Down.UNSTAMPED:
                    self._trouble = _NO_STAMP
                    return plain
            else:
                if signed.stamped:
                    return signed
                problem = _BAD_STAMP
        if self._down is Down.HOLD:
            raise RetryableError(problem)
        self._trouble = problem
        return None

    def _signed(self, identity: Identity, key: SigningKey, work: _Work, plan: Plan) -> Signed:
        try:
            data = identity.embed(key, work.picture, work.media_type, work.manifest, work.sources)
        except NotReadyError as error:
            raise NotReadyError(f"not signed: {error}") from error
        except RetryableError as error:
            raise RetryableError(f"not signed: {error}") from error
        except CredentialError as error:
            # Where the chain has ended meanwhile it is not the picture that is to blame.
            identity.certificates.require_valid(self._clock())
            raise TerminalError(f"not signed: the C2PA library refused the picture: {error}") from error
        # Timestamps and the credentials of ingredients are judged by all the anchors.
        reader = identity.sdk if work.sources or key is identity.stamping else identity.reader
        found, stamped = _read_back(reader, data, work.media_type)
        problem = _objection(found, plan, identity.certificates.serial)
        if problem:
            identity.certificates.require_valid(self._clock())
            raise TerminalError(f"not signed: read back, {problem}")
        return Signed(data, work.media_type, found.label, found.serial, stamped)


def _read_back(sdk: Sdk, data: bytes, media_type: str) -> tuple[Verification, bool]:
    """What a verifier says, and whether there is a timestamp that it trusts."""
    try:
        found = sdk.read(data, media_type)
    except CredentialError as error:
        return Verification(State.INVALID, failures=(f"unreadable.{error}",)), False
    if found is None:
        return Verification(State.NONE), False
    codes = {entry.get("code") for entry in _successes(found[0])}
    return judge(*found), codes >= _STAMPED


def _successes(detailed: Json) -> Sequence[Mapping[str, Any]]:
    return list(detailed.get("validation_results", {}).get("activeManifest", {}).get("success", ()))


def _objection(found: Verification, plan: Plan, serial: str) -> str:
    """Why a signed picture must not leave; empty where it may."""
    wanted = {assertion["label"]: assertion["data"] for assertion in plan.manifest["assertions"]}
    if found.state is not State.TRUSTED:
        return f"its credentials are {found.state}: {', '.join(found.failures)}"
    if found.serial != serial:
        return "it was signed with another certificate"
    if found.gathered or not set(wanted) <= found.created:
        return "the signer does not vouch for all of it"
    if found.assertions.get(DECISION_LABEL) != wanted.get(DECISION_LABEL):
        return "it names another decision"
    return ""

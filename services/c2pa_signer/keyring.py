"""The signing identity as a folder has it, read again while the service runs.

SLUICE_C2PA_CERTS holds `root.pem` (what verifiers trust), `chain.pem` (the signing certificate first), either
`key.pem` or, for a key that lives elsewhere, `key.uri`, and `stamp-roots.pem` where there are timestamp authorities.
A folder is replaced as a whole: a new certificate and the key it belongs to are taken into use together or not
at all.
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from c2pa_signer.keys import Identity, open_key, read_private_key
from c2pa_signer.keys_chain import STAMP_ROOTS, Certificates, read_certificates
from c2pa_signer.keys_uri import KeyUri, parse_key_uri
from sluice.errors import ConfigError, NotReadyError, RetryableError
from sluice.refreshed import Current, Snapshot, Version, snapshot

Clock = Callable[[], dt.datetime]

_AGAIN_SECONDS = 30.0
"""Until a chain is looked at again whose files are good, but that could not sign when it was tried."""


def utc_now() -> dt.datetime:
    """The signer's clock."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the identity is. `uri`: of the key, instead of what the folder says. `stamp_url`: where timestamps come
    from; empty: there are none. `env`: for keys whose services are found through variables."""

    folder: Path
    uri: KeyUri | None = None
    stamp_url: str = ""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


class Keyring(Current[Identity]):
    """The identity in use. `sluice.host.file_watch` keeps it at what the folder says."""

    __slots__ = ("_clock", "_digest", "_looks", "_place", "_refused_at")

    about = "signing-chain"
    """As notes and metrics call it."""

    def __init__(self, place: Place, clock: Clock = utc_now) -> None:
        """Opens the first identity. Raises NotReadyError, and RetryableError where the key does not answer."""
        self._place = place
        self._clock = clock
        self._refused_at: float | None = None
        self._looks = 0
        self._digest = b""
        seen = self.read()
        super().__init__(self._opened(self._certificates(seen), seen))
        self._digest = seen.digest

    @property
    def version(self) -> Version:
        """The certificate in use; nothing here depends on the private key."""
        certificates = self.value.certificates
        return Version(certificates.serial, sha256(certificates.pem).digest())

    @property
    def digest(self) -> bytes:
        """Of what was read."""
        return self._digest

    def read(self) -> Snapshot:
        """What the folder holds now."""
        folder = self._place.folder
        names = ["root.pem", "chain.pem"]
        if _is_there(folder / STAMP_ROOTS):
            names.append(STAMP_ROOTS)
        if self._place.uri is None:
            names += [name for name in ("key.uri", "key.pem") if _is_there(folder / name)][:1] or ["key.pem"]
        found = snapshot([folder / name for name in names])
        if self._refused_at is not None and time.monotonic() - self._refused_at > _AGAIN_SECONDS:
            # The same files are worth another look: it was not they that were wrong.
            self._refused_at = None
            self._looks += 1
        if not self._looks or found.digest == self._digest:
            return found
        return Snapshot({**found.files, folder / f"again-{self._looks}": b""}, found.problems)

    def adopt(self, seen: Snapshot) -> None:
        """Opens what was read, tries it out, and only then puts it in place. NotReadyError, RetryableError: nothing
        changed."""
        self._refused_at = None
        certificates = self._certificates(seen)
        try:
            fresh = self._opened(certificates, seen)
        except (RetryableError, NotReadyError):
            self._refused_at = time.monotonic()
            raise
        self._looks = 0
        before, self.value = self.value, fresh
        self._digest = _without_marks(seen).digest
        before.key.close()

    def _certificates(self, seen: Snapshot) -> Certificates:
        """What the files say; only other files can mend what is wrong with it."""
        files = {path.name: data for path, data in seen.files.items()}
        self._require_files(files)
        if seen.problems:
            raise NotReadyError(seen.problems[0])
        return read_certificates(files["chain.pem"], files["root.pem"], files.get(STAMP_ROOTS))

    def _opened(self, certificates: Certificates, seen: Snapshot) -> Identity:
        """Ready to sign. What is wrong here may mend itself: a certificate begins, a permission is given."""
        folder = self._place.folder
        files = {path.name: data for path, data in seen.files.items()}
        certificates.require_valid(self._clock())
        uri = self._place.uri
        if uri is None and "key.uri" in files:
            try:
                uri = parse_key_uri(files["key.uri"].decode("utf-8", "replace"))
            except ConfigError as error:
                raise NotReadyError(f"{folder / 'key.uri'}: {error}") from error
        if uri is None:
            key = read_private_key(certificates, files["key.pem"])
            return _tried(Identity(certificates, key, self._place.stamp_url))
        return _tried(Identity(certificates, open_key(certificates, uri, self._place.env), self._place.stamp_url))

    def _require_files(self, files: Mapping[str, bytes]) -> None:
        folder = self._place.folder
        if not _is_there(folder):
            raise NotReadyError(
                f"{folder} does not exist, or may not be looked into; `sluice dev certs` makes a development chain"
            )
        wanted = ["root.pem", "chain.pem"]
        if self._place.uri is None and "key.uri" not in files:
            wanted.append("key.pem")
        missing = [name for name in wanted if name not in files]
        if missing:
            raise NotReadyError(
                f"{folder} has no {', '.join(missing)} that can be read; "
                "`sluice dev certs --force` makes a new development chain"
            )


def _is_there(path: Path) -> bool:
    """What may not be looked into is not there: a reason that is told, not a crash."""
    try:
        return path.exists()
    except OSError:
        return False


def _without_marks(seen: Snapshot) -> Snapshot:
    """As the folder is, without the mark of a second look."""
    files = {path: data for path, data in seen.files.items() if not path.name.startswith("again-")}
    return Snapshot(files, seen.problems)


def _tried(identity: Identity) -> Identity:
    try:
        identity.try_out()
    except (NotReadyError, RetryableError):
        identity.key.close()
        raise
    return identity

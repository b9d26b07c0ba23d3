"""A key with a key service that is asked over HTTP: Google Cloud KMS, Azure Key Vault, Vault's transit engine.

What they are given to wrap is the data key and the SHA-256 of what it is for: not all of them can bind a key to its
place, and so none of them has to.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol
from urllib.parse import parse_qsl

from sluice.errors import ConfigError
from sluice.remote import azure, google, transit
from sluice.remote.azure import AzureVault
from sluice.remote.google import GoogleKms
from sluice.remote.tokens import bytes_of
from sluice.remote.transit import Transit
from sluice.vault.envelope import KEY_BYTES
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.keys import Wrapped

_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "gcpkms://": (
        r"projects/[\w.:-]+/locations/[\w-]+/keyRings/[\w-]+/cryptoKeys/[\w-]+",
        "projects/P/locations/L/keyRings/R/cryptoKeys/K",
    ),
    "azurekms://": (r"[\w.:-]+/[\w-]+/\w+", "NAME.vault.azure.net/KEY/VERSION"),
    "hashivault://": (r"[\w.-]+", "KEY"),
}
SCHEMES: Final = tuple(_FORMS)
"""How addresses of such keys begin."""
Bad = Callable[[], Exception]
_WRAP: Final = "wrap a key"
_UNWRAP: Final = "unwrap a key"


class Service(Protocol):
    """What wraps and unwraps up to 64 bytes. `bad`: the error where the service says that it has not wrapped this."""

    def wrap(self, data: bytes) -> bytes:
        """RetryableError, NotReadyError."""

    def unwrap(self, data: bytes, bad: Bad) -> bytes:
        """The same, and `bad`."""

    def close(self) -> None:
        """Closes the connections."""


class RemoteKeys:
    """A `KeyWrapper`."""

    def __init__(self, uri: str, service: Service) -> None:
        """`uri`: as it is in SLUICE_VAULT_KEY, without options."""
        self._id = uri
        self._service = service

    def __repr__(self) -> str:
        return f"<the wrapping key {self._id}>"

    @property
    def key_id(self) -> str:
        """Its address."""
        return self._id

    def wrap(self, key: bytes, about: str) -> Wrapped:
        """One call."""
        return Wrapped(self._id, self._service.wrap(key + _place(about)))

    def unwrap(self, wrapped: Wrapped, about: str) -> bytes:
        """One call."""
        if wrapped.key_id != self._id:
            raise MissingKeyError(
                f"{about} is wrapped by {wrapped.key_id!r}: name that key in SLUICE_VAULT_KEY, before the other"
            )

        def bad() -> Exception:
            return TamperedError(f"the key of {about} is not what {self._id} has wrapped for it")

        found = self._service.unwrap(wrapped.data, bad)
        key, place = found[:KEY_BYTES], found[KEY_BYTES:]
        if not hmac.compare_digest(place, _place(about)):
            raise bad()
        return key

    def close(self) -> None:
        """Closes the connections."""
        self._service.close()


class GoogleKey:
    """A key for symmetric encryption. Its versions turn by themselves under the same name."""

    def __init__(self, kms: GoogleKms) -> None:
        self._kms = kms
        self.close = kms.close

    def wrap(self, data: bytes) -> bytes:
        answer = self._kms.call("encrypt", {"plaintext": _text(data)}, _WRAP)
        return bytes_of(answer.get("ciphertext"), google.ABOUT, "ciphertext")

    def unwrap(self, data: bytes, bad: Bad) -> bytes:
        answer = self._kms.call("decrypt", {"ciphertext": _text(data)}, _UNWRAP, bad)
        return bytes_of(answer.get("plaintext"), google.ABOUT, "plaintext")


class AzureKey:
    """A version of an RSA key: RSA-OAEP with SHA-256."""

    def __init__(self, vault: AzureVault) -> None:
        self._vault = vault
        self.close = vault.close

    def wrap(self, data: bytes) -> bytes:
        return self._called("wrapkey", data, _WRAP, None)

    def unwrap(self, data: bytes, bad: Bad) -> bytes:
        return self._called("unwrapkey", data, _UNWRAP, bad)

    def _called(self, method: str, data: bytes, what: str, bad: Bad | None) -> bytes:
        value = base64.urlsafe_b64encode(data).decode().rstrip("=")
        answer = self._vault.call(method, {"alg": "RSA-OAEP-256", "value": value}, what, bad)
        return bytes_of(answer.get("value"), azure.ABOUT, "key", url_safe=True)


class TransitKey:
    """A key of any type that encrypts. Its versions turn under the same name."""

    def __init__(self, engine: Transit) -> None:
        self._transit = engine
        self.close = engine.close

    def wrap(self, data: bytes) -> bytes:
        text = self._transit.call("encrypt", {"plaintext": _text(data)}, _WRAP).get("ciphertext")
        # vault:v3:BASE64, which it wants back as it is.
        bytes_of(text.rpartition(":")[2] if isinstance(text, str) else None, transit.ABOUT, "ciphertext")
        return str(text).encode()

    def unwrap(self, data: bytes, bad: Bad) -> bytes:
        if not data.isascii():
            raise bad()
        answer = self._transit.call("decrypt", {"ciphertext": data.decode()}, _UNWRAP, bad)
        return bytes_of(answer.get("plaintext"), transit.ABOUT, "plaintext")


def open_remote(uri: str, env: Mapping[str, str]) -> RemoteKeys:
    """The key that an address names. `env`: where Vault is (`Transit`). ConfigError for an address of another shape,
    NotReadyError for what is not said or installed."""
    name, _, query = uri.partition("?")
    scheme, _, rest = name.partition("://")
    pattern, form = _FORMS[f"{scheme}://"]
    if not re.fullmatch(pattern, rest):
        raise ConfigError([f"SLUICE_VAULT_KEY should look like {scheme}://{form}"])
    options = dict(parse_qsl(query))
    service: Service
    if scheme == "gcpkms":
        service = GoogleKey(GoogleKms(rest, options.get("endpoint", "")))
    elif scheme == "azurekms":
        service = AzureKey(AzureVault(*rest.split("/")))
    else:
        service = TransitKey(Transit(rest, options.get("mount", ""), env))
    return RemoteKeys(name, service)


def _place(about: str) -> bytes:
    return hashlib.sha256(b"sluice-vault-key/1|" + about.encode()).digest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

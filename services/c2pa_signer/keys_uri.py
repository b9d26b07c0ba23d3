"""Where a key lives, in one line: the URIs that other signers use too.

pkcs11:token=signer;object=c2pa?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/secrets/pin   (RFC 7512)
awskms:///arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1
azurekms://NAME.vault.azure.net/KEY/VERSION
hashivault://KEY
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

from sluice.errors import ConfigError


class Kind(StrEnum):
    """The schemes of the URIs."""

    PKCS11 = "pkcs11"
    AWS = "awskms"
    GCP = "gcpkms"
    AZURE = "azurekms"
    VAULT = "hashivault"


_FORMS = {
    Kind.AWS: (r"[^/]*/.+", "awskms:///KEY-ID, awskms:///alias/NAME or awskms:///ARN"),
    Kind.GCP: (
        r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/\d+",
        "gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1",
    ),
    Kind.AZURE: (r"[\w.:-]+/[\w-]+/\w+", "azurekms://NAME.vault.azure.net/KEY/VERSION"),
    Kind.VAULT: (r"[\w.-]+", "hashivault://KEY"),
}
_NEEDED = ("module-path", "pin-source")


@dataclass(frozen=True, slots=True)
class KeyUri:
    """`rest`: what follows the scheme. `options`: for PKCS#11 the attributes of path and query, for the others the
    query."""

    kind: Kind
    rest: str
    options: Mapping[str, str] = field(default_factory=dict)


def parse_key_uri(text: str) -> KeyUri:
    """Raises ConfigError with one line that does not repeat the URI: people write PINs where they do not belong."""
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme not in tuple(Kind):
        raise ConfigError([f"a key's address should begin with one of {', '.join(f'{kind}:' for kind in Kind)}"])
    kind = Kind(scheme)
    if kind is Kind.PKCS11:
        return _pkcs11(rest)
    path, _, query = rest.partition("?")
    pattern, form = _FORMS[kind]
    name = unquote(path.removeprefix("//"))
    if not path.startswith("//") or not re.fullmatch(pattern, name):
        raise ConfigError([f"a key's address of this kind should look like {form}"])
    return KeyUri(kind, name, dict(parse_qsl(query)))


def _pkcs11(rest: str) -> KeyUri:
    path, _, query = rest.partition("?")
    options: dict[str, str] = {}
    for part in (*path.split(";"), *query.split("&")):
        name, equals, value = part.partition("=")
        if part and not equals:
            raise ConfigError(["a PKCS#11 address is a list of NAME=VALUE (RFC 7512)"])
        if part:
            # An id is bytes, not text.
            options[name.strip()] = unquote(value, "latin-1") if name.strip() == "id" else unquote(value)
    if "pin-value" in options:
        raise ConfigError(["a PKCS#11 address should not hold a PIN (pin-value): name a file with pin-source"])
    missing = [name for name in _NEEDED if not options.get(name)]
    if missing:
        raise ConfigError([f"a PKCS#11 address lacks {' and '.join(missing)}"])
    if not (options.get("object") or options.get("id")):
        raise ConfigError(["a PKCS#11 address should name the key: object=LABEL or id=%01"])
    return KeyUri(Kind.PKCS11, rest, options)

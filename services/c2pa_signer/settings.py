"""What the signer is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from c2pa_signer.keys_uri import KeyUri, Kind, parse_key_uri
from c2pa_signer.stamps import Down
from sluice.errors import ConfigError
from sluice.local.certificates import certs_folder
from sluice.settings import Reader

CONCURRENCY = 32
"""A key that takes 20 ms over the network then signs up to 1,600 times a second; a near one is held up by nothing."""


class Mining(StrEnum):
    """What the manifest says about training models on the picture."""

    UNSAID = "unsaid"
    ALLOWED = "allowed"
    NOT_ALLOWED = "notAllowed"


class Uploads(StrEnum):
    """What becomes of whole credentials that an edit's upload brought along."""

    CARRY = "carry"
    """They are carried on in the signed picture, and so published."""
    NAME = "name"
    """The upload is named, and no more."""


@dataclass(frozen=True, slots=True)
class SignerSettings:
    """`certs`: a folder with `root.pem`, `chain.pem`, and `key.pem` or `key.uri` (docs/signing-keys.md)."""

    certs: Path
    mining: Mining
    key: KeyUri | None = None
    """Where the key lives; None: the folder says it."""
    stamps: tuple[str, ...] = ()
    """URLs of timestamp authorities, the preferred one first; none: pictures are not stamped."""
    stamps_down: Down = Down.HOLD
    concurrency: int = CONCURRENCY
    """Pictures that are signed at once."""
    uploads: Uploads = Uploads.CARRY
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For keys whose services are found through variables of their own."""


def read_signer_settings(reader: Reader, home: Path, env: Mapping[str, str] | None = None) -> SignerSettings:
    """SLUICE_C2PA_CERTS (by default the development chain in SLUICE_HOME), SLUICE_C2PA_KEY, SLUICE_C2PA_TSA (URLs,
    separated by commas), SLUICE_C2PA_TSA_DOWN (`hold` or `unstamped`), SLUICE_C2PA_CONCURRENCY (1 to 256),
    SLUICE_C2PA_UPLOADS (`carry` or `name`) and SLUICE_C2PA_TRAINING_MINING (`unsaid`, `allowed` or `notAllowed`).
    The caller calls `reader.finish()`."""
    stamps = reader.words("SLUICE_C2PA_TSA")
    for url in stamps:
        if not _is_url(url):
            reader.problem("SLUICE_C2PA_TSA should be URLs, as http://timestamp.example/rfc3161, separated by commas")
    proxies = getproxies()
    # The library's client heeds ALL_PROXY too.
    if stamps and (proxies.get("http") or proxies.get("all")) and not proxy_bypass("127.0.0.1"):
        reader.problem("NO_PROXY should hold 127.0.0.1 where HTTP_PROXY or ALL_PROXY and SLUICE_C2PA_TSA are set")
    return SignerSettings(
        certs=reader.path("SLUICE_C2PA_CERTS", certs_folder(home)),
        mining=Mining(reader.choice("SLUICE_C2PA_TRAINING_MINING", Mining.UNSAID, tuple(Mining))),
        key=_key(reader),
        stamps=stamps,
        stamps_down=Down(reader.choice("SLUICE_C2PA_TSA_DOWN", Down.HOLD, tuple(Down))),
        concurrency=reader.number("SLUICE_C2PA_CONCURRENCY", CONCURRENCY, most=256),
        uploads=Uploads(reader.choice("SLUICE_C2PA_UPLOADS", Uploads.CARRY, tuple(Uploads))),
        env=dict(env or {}),
    )


def _key(reader: Reader) -> KeyUri | None:
    text = reader.text("SLUICE_C2PA_KEY", "")
    if not text:
        return None
    try:
        found = parse_key_uri(text)
    except ConfigError as error:
        reader.problem(f"SLUICE_C2PA_KEY: {error}")
        return None
    if found.kind is Kind.VAULT:
        reader.text("VAULT_ADDR")
    return found


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False

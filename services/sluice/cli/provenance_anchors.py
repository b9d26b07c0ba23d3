"""Whom a command that checks credentials should trust."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sluice.cli.tell import refuse
from sluice.errors import ConfigError
from sluice.local.certificates import certs_folder
from sluice.settings import Reader, sluice_home

VARIABLE = "SLUICE_C2PA_ANCHORS"
STAMPS_VARIABLE = "SLUICE_C2PA_STAMP_ANCHORS"
_MOST_BYTES = 4 << 20
"""The trust list of C2PA has some hundred kilobytes."""


def find_anchors(given: Sequence[Path], env: Mapping[str, str]) -> str:
    """PEM text of all anchors: of the files given, else of those that SLUICE_C2PA_ANCHORS names, else the root in
    SLUICE_C2PA_CERTS, by default that of the development chain.

    Ends the command with the status of wrong usage for a file given that holds none. Raises ConfigError for one that
    the environment names, and where there are no anchors at all.
    """
    if given:
        try:
            return "".join(map(_read, given))
        except ValueError as error:
            refuse(f"--anchors: {error}")
    reader = Reader(env)
    named = [Path(word) for word in reader.words(VARIABLE)]
    if named:
        try:
            return "".join(map(_read, named))
        except ValueError as error:
            raise ConfigError([f"{VARIABLE}: {error}"]) from error
    root = reader.path("SLUICE_C2PA_CERTS", certs_folder(sluice_home(env))) / "root.pem"
    try:
        return _read(root)
    except ValueError as error:
        mended = f"name your roots with --anchors FILE or {VARIABLE}, or make a development chain: `sluice dev certs`"
        raise ConfigError([f"nobody to trust: {error}; {mended}"]) from error


def find_stamp_anchors(given: Sequence[Path], env: Mapping[str, str]) -> str:
    """PEM text of the roots that are trusted with timestamps alone: of the files given, else of those that
    SLUICE_C2PA_STAMP_ANCHORS names, else `stamp-roots.pem` in SLUICE_C2PA_CERTS; there need not be any.

    Ends the command with the status of wrong usage for a file given that holds none. ConfigError for another one.
    """
    if given:
        try:
            return "".join(map(_read, given))
        except ValueError as error:
            refuse(f"--stamp-anchors: {error}")
    reader = Reader(env)
    named = [Path(word) for word in reader.words(STAMPS_VARIABLE)]
    usual = reader.path("SLUICE_C2PA_CERTS", certs_folder(sluice_home(env))) / "stamp-roots.pem"
    try:
        if not named and usual.exists():
            named = [usual]
        return "".join(map(_read, named))
    except (OSError, ValueError) as error:
        raise ConfigError([f"{STAMPS_VARIABLE}: {error}"]) from error


def _read(path: Path) -> str:
    """The certificates of a file, without whatever else stands in it. Raises ValueError."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if len(text) > _MOST_BYTES:
        raise ValueError(f"{path} is larger than {_MOST_BYTES >> 20} MiB")
    try:
        certificates = x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise ValueError(f"{path} is no file of certificates in PEM form") from error
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in certificates)

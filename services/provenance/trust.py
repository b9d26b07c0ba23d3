"""Whom the service trusts to have signed in our name."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from sluice.errors import NotReadyError


def read_anchors(files: Sequence[Path]) -> str:
    """The PEM text of these files. NotReadyError for one that is missing or holds no certificate."""
    return "".join(map(_read, files))


def _read(path: Path) -> str:
    try:
        text = path.read_bytes()
        x509.load_pem_x509_certificates(text)
    except OSError as error:
        raise NotReadyError(
            f"{path} cannot be read ({error.strerror}): name your roots in SLUICE_C2PA_ANCHORS (those of timestamp "
            "authorities in SLUICE_C2PA_STAMP_ANCHORS), or run `sluice dev certs`"
        ) from error
    except ValueError as error:
        raise NotReadyError(
            f"{path} is no file of certificates in PEM form: see SLUICE_C2PA_ANCHORS and SLUICE_C2PA_STAMP_ANCHORS"
        ) from error
    return text.decode("ascii", "replace")

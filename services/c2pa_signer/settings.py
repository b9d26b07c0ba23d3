"""What the signer is told."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sluice.local.certificates import certs_folder
from sluice.settings import Reader


class Mining(StrEnum):
    """What the manifest says about training models on the picture."""

    UNSAID = "unsaid"
    ALLOWED = "allowed"
    NOT_ALLOWED = "notAllowed"


@dataclass(frozen=True, slots=True)
class SignerSettings:
    """`certs`: a folder with `root.pem`, `chain.pem` and `key.pem`."""

    certs: Path
    mining: Mining


def read_signer_settings(reader: Reader, home: Path) -> SignerSettings:
    """SLUICE_C2PA_CERTS (by default the development chain in SLUICE_HOME) and SLUICE_C2PA_TRAINING_MINING
    (`unsaid`, `allowed` or `notAllowed`). The caller calls `reader.finish()`."""
    return SignerSettings(
        certs=reader.path("SLUICE_C2PA_CERTS", certs_folder(home)),
        mining=Mining(reader.choice("SLUICE_C2PA_TRAINING_MINING", Mining.UNSAID, tuple(Mining))),
    )

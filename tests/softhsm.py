"""SoftHSM 2 for the tests: a real PKCS#11 token in software, from Debian's packages, fetched without root rights.

python -m tests.softhsm        fetches it where it is not there yet
"""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sluice.errors import NotReadyError
from tests import debian

_LIBRARY = "libsofthsm2.so"
_PACKAGES = debian.Packages(
    "SoftHSM 2",
    "softhsm2",
    ("libsofthsm2", "softhsm2", "softhsm2-common"),
    f"install it by hand (softhsm2, softhsm) so that {_LIBRARY} lies in /usr/lib/softhsm",
)
_UTILITY = "softhsm2-util"
_SYSTEM = (
    "usr/lib/softhsm",
    f"usr/lib/{platform.machine()}-linux-gnu/softhsm",
    "usr/local/lib/softhsm",
    "opt/homebrew/lib/softhsm",
)


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """The library that speaks PKCS#11 and the program that makes tokens."""

    library: Path
    utility: Path


def ensure(env: Mapping[str, str]) -> SoftHsm:
    """What the system has, else what was fetched once into the user's cache folder.

    Raises NotReadyError where it cannot be fetched: a test that needs it fails with that line.
    """
    found = _find(Path("/"), shutil.which(_UTILITY))
    return found or debian.ensure(_PACKAGES, lambda root: _find(root, str(root / "usr/bin" / _UTILITY)), env)


def _find(root: Path, utility: str | None) -> SoftHsm | None:
    libraries = [root / folder / _LIBRARY for folder in _SYSTEM if (root / folder / _LIBRARY).is_file()]
    if not libraries or utility is None or not Path(utility).is_file():
        return None
    return SoftHsm(libraries[0], Path(utility))


def main() -> int:
    """Returns the process's exit status."""
    try:
        print(ensure(os.environ).library)
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

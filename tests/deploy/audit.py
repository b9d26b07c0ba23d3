"""Asks the package index what is known against the locked packages. Exit status 1 for any finding, and for any
package that nothing could be learned of: silence is not a clean answer.

python -m tests.deploy.audit

It needs an index with PyPI's JSON interface; a mirror that serves files alone cannot answer.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError
from tests.deploy.tools import python_tools

ROOT: Final = Path(__file__).parents[2]
LOCKS: Final = (
    "requirements.lock",
    "requirements-java.lock",
    "services/sluice/local/triton.lock",
    *(
        f"deploy/images/{name}.lock"
        for name in ("cpu", "gpu", "c2pa-signer", "provenance", "reporter", "gateway", "build")
    ),
    "tests/deploy/verify-tools.lock",
)


def command(lock: Path) -> list[str]:
    """What audits one lock. `--strict`: a package that cannot be looked up is a failure."""
    options = ["--strict", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    return [sys.executable, "-m", "pip_audit", *options, "--requirement", str(lock)]


def main() -> int:
    """Returns the process's exit status."""
    try:
        env = {**os.environ, "PYTHONPATH": str(python_tools())}
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    failed = [lock for lock in LOCKS if subprocess.run(command(ROOT / lock), env=env, check=False).returncode]
    for lock in failed:
        sys.stderr.write(f"{lock}: not clean, or not to be audited here\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

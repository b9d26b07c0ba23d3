"""python -m c2pa_signer"""

import os
import sys
from collections.abc import Mapping

from c2pa_signer.service import SignerService
from sluice.host.serve import serve


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    return serve(SignerService, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

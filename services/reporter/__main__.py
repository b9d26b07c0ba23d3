"""python -m reporter"""

import os
import sys
from collections.abc import Mapping

from reporter.service import ReporterService
from sluice.host.serve import serve


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    return serve(ReporterService, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

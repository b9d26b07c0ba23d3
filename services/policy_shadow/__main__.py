"""python -m policy_shadow"""

import os
import sys
from collections.abc import Mapping

from policy_shadow.service import PolicyShadowService
from sluice.host.serve import serve


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    return serve(PolicyShadowService, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

"""python -m gateway"""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from sluice.errors import EX_CONFIG
from sluice.host.serve import serve


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    if find_spec("fastapi") is None:
        sys.stderr.write("gateway: is an extra: run `pip install 'sluice[gateway]'`\n")
        return EX_CONFIG
    # Without the extra it cannot be imported.
    from gateway.service import GatewayService  # noqa: PLC0415 - see above

    return serve(GatewayService, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

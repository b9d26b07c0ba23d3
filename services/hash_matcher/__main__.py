"""python -m hash_matcher"""

import os
import sys
from collections.abc import Mapping

from hash_matcher.check import HashMatcher
from sluice.host.check_service import serve_check


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    return serve_check(HashMatcher, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

"""python -m person_classifier"""

import os
import sys
from collections.abc import Mapping

from person_classifier.check import PersonClassifier
from sluice.host.check_service import serve_check


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    return serve_check(PersonClassifier, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

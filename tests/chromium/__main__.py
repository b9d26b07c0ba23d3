"""python -m tests.chromium        fetches Chromium where it is not there yet"""

import os
import sys

from sluice.errors import NotReadyError
from tests.chromium.fetch import ensure


def main() -> int:
    """Returns the process's exit status."""
    try:
        print(ensure(os.environ).program)
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

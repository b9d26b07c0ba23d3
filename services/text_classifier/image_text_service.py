"""python -m text_classifier.image_text_service"""

import os
import sys
from collections.abc import Mapping

from sluice.host.check_service import serve_check
from text_classifier.image_text import ImageTextClassifier


def main(env: Mapping[str, str]) -> int:
    """Runs the service; returns the process's exit status."""
    return serve_check(ImageTextClassifier, env)


if __name__ == "__main__":
    sys.exit(main(os.environ))

"""Prints the table of docs/provenance.md: python -m tests.tamper"""

import tempfile
from pathlib import Path

from tests.tamper.matrix import matrix
from tests.tamper.table import table


def main() -> None:
    """Makes every false picture, asks everybody, prints."""
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(table(matrix(Path(folder)))))


if __name__ == "__main__":
    main()

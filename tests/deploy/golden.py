"""What charts/sluice makes of each of its value files, kept to be compared and to be read.

python -m tests.deploy.golden        writes tests/deploy/golden anew
"""

import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError
from tests.deploy.chart import VALUE_FILES, template
from tests.deploy.cluster.command import CommandError

FOLDER: Final = Path(__file__).with_name("golden")


def golden(name: str) -> Path:
    """Where the objects of one of `VALUE_FILES` are kept."""
    return FOLDER / f"{name}.yaml"


def made(name: str) -> str:
    """What helm makes of it now, without the text of the dashboards: those are files of deploy/grafana. CommandError
    where it refuses."""
    ended = template(VALUE_FILES[name])
    if ended.status:
        raise CommandError(f"helm template of {name}: {ended.words.strip()}")
    return "".join(_kept(ended.out))


def differences(name: str) -> str:
    """What is not as it was kept, as a diff; empty: nothing."""
    before = golden(name).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(unified_diff(before, made(name).splitlines(keepends=True), str(golden(name)), "helm template"))


def _kept(text: str) -> Iterator[str]:
    """Lines, and of a dashboard one in place of all."""
    inside = False
    for line in text.splitlines(keepends=True):
        if inside and line.startswith("    "):
            continue
        inside = line.startswith("  ") and line.rstrip().endswith(".json: |")
        yield f"{line.rstrip()} (deploy/grafana/dashboards)\n" if inside else f"{line.rstrip()}\n"


def main() -> int:
    """Returns the process's exit status."""
    try:
        texts = {golden(name): made(name) for name in VALUE_FILES}
    except (NotReadyError, CommandError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

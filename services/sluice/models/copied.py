"""A model repository copied to where it can be written: cards and configurations, and whatever weights are there."""

import filecmp
import os
import shutil
from pathlib import Path


def copy_repository(source: Path, target: Path) -> None:
    """Copies every file that is not the same in `target` already, each put in place in one step.

    What is in `target` alone stays, so that weights that were pulled there need not be pulled again. Raises OSError
    where something cannot be read or written.
    """
    for file in sorted(source.rglob("*")):
        if file.is_file():
            _copy(file, target / file.relative_to(source))


def _copy(file: Path, target: Path) -> None:
    if target.is_file() and filecmp.cmp(file, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        shutil.copyfile(file, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)

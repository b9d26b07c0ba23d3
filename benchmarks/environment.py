"""A virtual environment for somebody else's program, which is no dependency of ours."""

import subprocess
import sys
import venv
from pathlib import Path


def python_with(what: str, lock: Path, folder: Path) -> Path:
    """The interpreter of an environment in `folder` that holds what `lock` pins, made where it is not there yet or
    the lock has changed. `what`: its name, for people.

    Raises subprocess.CalledProcessError where a package cannot be installed.
    """
    done = folder / "done"
    python = folder / "bin" / "python"
    if done.is_file() and done.read_bytes() == lock.read_bytes():
        return python
    sys.stderr.write(f"Installing {what} into {folder}\n")
    sys.stderr.flush()
    venv.create(folder, clear=True, with_pip=True)
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run([*pip, "--require-hashes", "--requirement", str(lock)], check=True)
    done.write_bytes(lock.read_bytes())
    return python

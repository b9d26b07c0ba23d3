"""A virtual environment for quixstreams, which asks for another version of the Kafka client than we use."""

import subprocess
import sys
import venv
from pathlib import Path

LOCK = Path(__file__).parent / "quixstreams-requirements.lock"


def python_with_quixstreams(folder: Path) -> Path:
    """The interpreter of the environment, made where it is not there yet or the lock file has changed."""
    done = folder / "done"
    python = folder / "bin" / "python"
    if done.is_file() and done.read_bytes() == LOCK.read_bytes():
        return python
    sys.stdout.write(f"Installing quixstreams into {folder}\n")
    sys.stdout.flush()
    venv.create(folder, clear=True, with_pip=True)
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run([*pip, "--require-hashes", "--requirement", str(LOCK)], check=True)
    done.write_bytes(LOCK.read_bytes())
    return python

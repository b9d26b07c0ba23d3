"""A virtual environment for quixstreams, which asks for another version of the Kafka client than we use."""

from pathlib import Path

from benchmarks.environment import python_with

LOCK = Path(__file__).parent / "quixstreams-requirements.lock"


def python_with_quixstreams(folder: Path) -> Path:
    """The interpreter of the environment, made where it is not there yet or the lock file has changed."""
    return python_with("quixstreams", LOCK, folder)

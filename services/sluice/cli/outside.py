"""Commands that stand on services: the kit must not know them by import, so they are entry points."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final

from sluice.errors import NotReadyError

GROUP: Final = "sluice.commands"


def run_outside(name: str, words: Sequence[str], shown: str) -> None:
    """Runs the command that is installed as `name`, with these words; `shown`: as what it is called.

    It ends the process by itself. Raises NotReadyError where it is not installed.
    """
    for entry in entry_points(group=GROUP, name=name):
        entry.load()(args=list(words), prog_name=shown)
        return
    raise NotReadyError(f"`{shown}` is not installed: run `pip install .` in the checkout anew")

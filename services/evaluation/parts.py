"""The services' own pure parts, found by entry point: the harness judges with what the stack judges with.

Groups: `sluice.parts` (ingest's reading of a text) and `sluice.checks` (a `Check` by the name that policies call it).
The orchestrator's decision is found by `sluice.policy.decider`. docs/adr/0012 says why.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Final, TypeAlias

from sluice.check import Check
from sluice.errors import NotReadyError
from sluice.settings import Reader, Settings
from sluice.v1.contents_pb2 import PreparedContent
from sluice.v1.request_pb2 import Role

PARTS: Final = "sluice.parts"
CHECKS: Final = "sluice.checks"


PrepareText: TypeAlias = Callable[[str, Role.ValueType, str], PreparedContent]
"""A text, its role and an id -> the content as every check gets it, or marked as unprocessable."""

OpenTexts: TypeAlias = Callable[[Settings, Reader], PrepareText]
"""`ingest.alone.open_texts`: what reads texts with ingest's own bounds."""


def open_texts() -> OpenTexts:
    """Ingest's reading of texts. NotReadyError where it is not installed."""
    found: OpenTexts = _load(PARTS, "open-texts")
    return found


def check(name: str) -> type[Check]:
    """The check that a policy calls so. NotReadyError where it is not installed."""
    found: type[Check] = _load(CHECKS, name)
    return found


def _load(group: str, name: str) -> Any:
    for entry in entry_points(group=group, name=name):
        return entry.load()
    raise NotReadyError(
        f"no {name!r} is installed (entry points {group!r}): run `pip install .` in the checkout anew; "
        "what this process cannot judge by itself, --live can"
    )

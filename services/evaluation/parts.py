"""The services' own pure parts, found by entry point: the harness judges with what the stack judges with.

Groups: `sluice.parts` (ingest's reading of a text, the orchestrator's decision) and `sluice.checks` (a `Check` by the
name that policies call it). docs/adr/0012 says why.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Final, Protocol, TypeAlias

from sluice.check import Check
from sluice.errors import NotReadyError
from sluice.policy.model import Policy
from sluice.settings import Reader, Settings
from sluice.v1.contents_pb2 import Contents, PreparedContent
from sluice.v1.decision_pb2 import Reason
from sluice.v1.request_pb2 import Role
from sluice.v1.verdict_pb2 import Verdict

PARTS: Final = "sluice.parts"
CHECKS: Final = "sluice.checks"


class Decided(Protocol):
    """A decision's substance."""

    @property
    def action(self) -> int:
        """The contract's number."""

    @property
    def complete(self) -> bool:
        """Whether every required check answered OK."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Why."""


class Decide(Protocol):
    """`orchestrator.decide.decide`. With `late`, what is not there does not come: the answer is never None."""

    def __call__(
        self, contents: Contents, verdicts: Mapping[str, Verdict], policy: Policy, late: bool
    ) -> Decided | None:
        """The outcome of a request."""


PrepareText: TypeAlias = Callable[[str, Role.ValueType, str], PreparedContent]
"""A text, its role and an id -> the content as every check gets it, or marked as unprocessable."""

OpenTexts: TypeAlias = Callable[[Settings, Reader], PrepareText]
"""`ingest.alone.open_texts`: what reads texts with ingest's own bounds."""


def decide() -> Decide:
    """The orchestrator's decision. NotReadyError where it is not installed."""
    found: Decide = _load(PARTS, "decide")
    return found


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

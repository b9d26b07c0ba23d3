"""The orchestrator's decision, for whoever decides without a stack: found by entry point, never by import."""

from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Protocol

from sluice.errors import NotReadyError
from sluice.policy.model import Policy, Severity
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Reason
from sluice.v1.verdict_pb2 import Verdict


class Decided(Protocol):
    """A decision's substance."""

    @property
    def action(self) -> Severity:
        """What it comes to."""

    @property
    def complete(self) -> bool:
        """Whether every required check answered OK."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Every rule that fired, and what is missing."""

    @property
    def labels(self) -> Sequence[str]:
        """What the rules that fired put on it."""


class Decide(Protocol):
    """`orchestrator.decide.decide`. With `late`, what is not there does not come: the answer is never None."""

    def __call__(
        self,
        contents: Contents,
        verdicts: Mapping[str, Verdict],
        policy: Policy,
        late: bool,
        *,
        overloaded: bool = False,
        open_breakers: Collection[str] = (),
    ) -> Decided | None:
        """The outcome of a request."""


def installed_decide() -> Decide:
    """The one that is installed. Raises NotReadyError where there is none."""
    for entry in entry_points(group="sluice.parts", name="decide"):
        found: Decide = entry.load()
        return found
    raise NotReadyError("the orchestrator is not installed: run `pip install .` in the checkout anew")

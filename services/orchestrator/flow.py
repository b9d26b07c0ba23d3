"""What a partition reads next when it holds much already: bounded memory, and no standstill. Pure.

Requests that wait for verdicts take room; at the limit contents are no longer read, bulk at half of it, so that
interactive requests find room first. Verdicts whose contents were not read yet take room too; at their limit
verdicts are not read. Where both have stopped, or where every verdict has been read and requests still wait, checks
are behind by more than there is room for: then interactive contents are read again and decided at once, with the
verdicts that are there or as incomplete. A standstill would let every one of them pass its deadline unanswered.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from orchestrator.pending import Lane, Partition
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE

_INTERACTIVE = frozenset({LANE_INTERACTIVE})
_BOTH = frozenset({LANE_INTERACTIVE, LANE_BULK})


@dataclass(frozen=True, slots=True)
class Limits:
    """Room of one partition. `early_bytes`: of verdicts that came before their contents."""

    requests: int
    bytes: int
    early_bytes: int

    def share(self, partitions: int) -> "Limits":
        """The room of one partition where a process owns `partitions` of them."""
        parts = max(1, partitions)
        return Limits(max(1, self.requests // parts), max(1, self.bytes // parts), max(1, self.early_bytes // parts))


@dataclass(frozen=True, slots=True)
class Flow:
    """What is read. `shed`: contents that cannot be decided at once are decided as incomplete."""

    lanes: Set[Lane] = _BOTH
    verdicts: bool = True
    shed: bool = False


OPEN = Flow()
_FACTOR: Mapping[Lane, float] = {LANE_INTERACTIVE: 1.0, LANE_BULK: 0.5}
"""How much of the room a lane may fill."""


def flow(partition: Partition, limits: Limits, verdicts_at_end: bool, before: Flow) -> Flow:
    """What to read from now on. What has stopped goes on once there is half of its room again."""
    filled = max(partition.undecided() / limits.requests, partition.waiting_bytes / limits.bytes)
    lanes = frozenset(
        lane for lane, share in _FACTOR.items() if filled < (share if lane in before.lanes else share / 2)
    )
    early = partition.early_bytes / limits.early_bytes
    verdicts = early < (1.0 if before.verdicts else 0.5)
    if LANE_INTERACTIVE not in lanes and (verdicts_at_end or not verdicts):
        # Bulk can wait in the log, unless verdicts of its own fill the room.
        return Flow(_INTERACTIVE if verdicts else _BOTH, verdicts, shed=True)
    if lanes == _BOTH and verdicts:
        return OPEN
    return Flow(lanes, verdicts)

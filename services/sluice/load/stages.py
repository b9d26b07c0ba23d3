"""Where the time went, from the moments that decisions carry. Pure.

They are milliseconds of the machines' clocks, so on several machines they are as good as those agree.
"""

from array import array
from typing import Final

from sluice.load.quantiles import Quantiles, quantiles
from sluice.v1.decision_pb2 import Decision, Input

SEND: Final = "send"
INGEST: Final = "ingest"
DECIDE: Final = "decide"
READ: Final = "read"
ALL: Final = "all"

_BEFORE_CHECKS: Final = (SEND, INGEST)
_AFTER_CHECKS: Final = (DECIDE, READ)


class Stages:
    """Seconds by stage and part: each check by "topic" and "service", other stages as a whole ("all").

    SEND is from when a request was due until the broker appended it, READ from when it appended the decision until
    that was read: the commit of its transaction, and whoever measures. Long ones tell of the machine that sends.
    """

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str], array[float]] = {}

    def add(self, decision: Decision, due_ms: float, appended_ms: int, read_ms: float) -> None:
        """One decision, appended by the broker and read here at these moments.

        A check that had not answered by then is not in it, so overload shows as missing answers.
        """
        if decision.requested_at_ms:
            self._put(SEND, ALL, decision.requested_at_ms - due_ms)
        self._put(READ, ALL, read_ms - appended_ms)
        if decision.prepared_at_ms and decision.requested_at_ms:
            self._put(INGEST, ALL, decision.prepared_at_ms - decision.requested_at_ms)
        for seen in decision.inputs:
            # A service takes a record in hand and lets it wait for a batch: that wait is part of "service".
            self._put(seen.check, "topic", seen.started_at_ms - decision.prepared_at_ms)
            self._put(seen.check, "service", seen.finished_at_ms - seen.started_at_ms)
        if decision.inputs and decision.decided_at_ms:
            self._put(DECIDE, ALL, decision.decided_at_ms - max(map(_appended, decision.inputs)))

    def quantiles(self) -> dict[str, dict[str, Quantiles]]:
        """By stage, in the order in which a request meets them, then by part."""
        found: dict[str, dict[str, Quantiles]] = {}
        for (stage, part), seconds in sorted(self._seconds.items(), key=_order):
            found.setdefault(stage, {})[part] = quantiles(seconds)
        return found

    def _put(self, stage: str, part: str, ms: float) -> None:
        self._seconds.setdefault((stage, part), array("d")).append(max(0, ms) / 1000)


def _order(item: tuple[tuple[str, str], object]) -> tuple[int, str, str]:
    stage, part = item[0]
    if stage in _BEFORE_CHECKS:
        return _BEFORE_CHECKS.index(stage), "", part
    if stage in _AFTER_CHECKS:
        return len(_BEFORE_CHECKS) + 1 + _AFTER_CHECKS.index(stage), "", part
    # "topic" comes before "service".
    return len(_BEFORE_CHECKS), stage, "" if part == "topic" else part


def _appended(seen: Input) -> int:
    return seen.appended_at_ms

"""Finding a history's records again: by offset, and by the contents record that they are about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import Verdict
from tests.chaos.history import History, Logged

At = tuple[int, int, int]
"""Lane, partition and offset of a contents record."""


class Index:
    """A history's contents, verdicts and decisions, by where they lie and what they are about."""

    def __init__(self, history: History) -> None:
        self._contents: Mapping[At, Logged[Contents]] = {
            (found.lane, found.partition, found.offset): found for found in history.contents
        }
        self._verdicts = {(found.partition, found.offset): found for found in history.verdicts}
        self._about: dict[At, list[Logged[Verdict]]] = defaultdict(list)
        for verdict in sorted(history.verdicts, key=lambda found: found.offset):
            message = verdict.message
            self._about[message.lane, verdict.partition, message.contents_offset].append(verdict)
        self._decisions: dict[str, list[Logged[Decision]]] = defaultdict(list)
        for decision in history.decisions:
            self._decisions[decision.message.request_id].append(decision)

    def contents_of(self, decision: Logged[Decision]) -> Logged[Contents] | None:
        """The contents record that a decision names, if it is about the same request."""
        message = decision.message
        found = self._contents.get((message.lane, decision.partition, message.contents_offset))
        return found if found is not None and found.message.request_id == message.request_id else None

    def verdict_at(self, partition: int, offset: int) -> Logged[Verdict] | None:
        """The verdict at a place."""
        return self._verdicts.get((partition, offset))

    def verdicts_of(self, contents: Logged[Contents]) -> Sequence[Logged[Verdict]]:
        """The verdicts about exactly this contents record that count, each check's first, in log order."""
        counted: dict[str, Logged[Verdict]] = {}
        for verdict in self._about.get((contents.lane, contents.partition, contents.offset), ()):
            message = verdict.message
            in_time = verdict.appended_at_ms <= contents.message.deadline_at_ms
            if in_time and message.request_id == contents.message.request_id:
                counted.setdefault(message.check, verdict)
        return tuple(counted.values())

    def decisions_of(self, request_id: str) -> Sequence[Logged[Decision]]:
        """Every decision of a request: one, if all is well."""
        return self._decisions.get(request_id, ())

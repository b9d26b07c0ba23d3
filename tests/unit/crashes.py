"""Logs in memory and a worker that dies at any moment: the commit protocol without a broker, and without waiting."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.marks import read_back_from
from orchestrator.pending import Conflict, Decided, Effect, Marks, Partition
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import LANE_BULK, LANE_INTERACTIVE
from sluice.v1.verdict_pb2 import Verdict
from tests.unit.build import contents, result, text, verdict

LANES = (LANE_INTERACTIVE, LANE_BULK)
Make = Callable[[Policy, Marks, int], Partition]
Answer = tuple[int, bool, tuple[int, ...]]
"""A decision's action, whether it is complete, and the offsets of the verdicts that it rests on."""


@dataclass
class Logs:
    """What lies on one partition number. Times are the logs' own."""

    contents: dict[int, list[tuple[int, Contents]]] = field(default_factory=lambda: {lane: [] for lane in LANES})
    verdicts: list[tuple[int, Verdict]] = field(default_factory=list)
    decisions: list[tuple[str, bytes, Answer] | None] = field(default_factory=list)
    letters: list[tuple[int, int]] = field(default_factory=list)
    marks: Marks = field(default_factory=lambda: Marks(dict.fromkeys(LANES, 0), 0, 0, dict.fromkeys(LANES, 0)))


def history(dice: random.Random, requests: int) -> Logs:
    """Requests, copies, conflicts; verdicts in time, twice, late, of copies, and before their contents."""
    logs = Logs()
    now = 1000
    ids: list[str] = []
    due: list[tuple[int, Verdict]] = []
    for number in range(requests):
        now += dice.randint(1, 40)
        fresh = not ids or dice.random() < 0.75
        request_id = f"request-{number}" if fresh else dice.choice(ids)
        digest = b"d" * 32 if fresh or dice.random() < 0.6 else b"x" * 32
        if fresh:
            ids.append(request_id)
        lane = dice.choice(LANES)
        offset = len(logs.contents[lane])
        asked = contents(text(), request_id=request_id, digest=digest, deadline_at_ms=now + dice.randint(50, 400))
        logs.contents[lane].append((now, asked))
        for _ in range(dice.choice((0, 1, 1, 1, 2))):
            score = dice.choice((0.01, 0.99))
            seen = verdict(
                "text",
                result(scores={"illicit": score}),
                contents_offset=offset,
                request_id=request_id,
                lane=lane,
            )
            due.append((now + dice.randint(-30, 500), seen))
    logs.verdicts = sorted(due, key=lambda found: found[0])
    return logs


class Worker:
    """Works one partition off; `crash` forgets everything that was not committed."""

    def __init__(self, logs: Logs, policy: Policy, make: Make = Partition, remember: int = 1000) -> None:
        self.logs = logs
        self._policy = policy
        self._make = make
        self._remember = remember
        self._effects: list[Effect] = []
        self._time = 0
        self.crash()

    def crash(self) -> None:
        """Dies, and starts anew from the logs."""
        self._effects = []
        self._time = 0
        logs, marks, end = self.logs, self.logs.marks, len(self.logs.decisions)
        self.partition = self._make(self._policy, marks, self._remember + end - marks.decisions)
        self.partition.decisions_end = end
        for decided in logs.decisions[read_back_from(marks, 0, end, self._remember) :]:
            if decided is not None:
                self.partition.remember(decided[0], decided[1])

    def read_contents(self, lane: int) -> bool:
        """Whether there was one."""
        at = self.partition.next_contents(lane)
        if at >= len(self.logs.contents[lane]):
            return False
        appended, asked = self.logs.contents[lane][at]
        self._effects += self.partition.on_contents(lane, at, appended, asked)
        return True

    def read_verdict(self) -> bool:
        """Whether there was one."""
        at = self.partition.next_verdict
        if at >= len(self.logs.verdicts):
            return False
        appended, seen = self.logs.verdicts[at]
        self._time = max(self._time, appended)
        self._effects += self.partition.on_verdict(at, appended, seen)
        return True

    def expire(self, until: int | None = None) -> None:
        """As far as verdicts were read."""
        self._effects += self.partition.expire(self._time if until is None else until)

    def commit(self) -> None:
        """Decisions, dead letters and marks, together."""
        for effect in self._effects:
            if isinstance(effect, Decided):
                decision = effect.outputs.decision
                inputs = tuple(found.verdict_offset for found in decision.inputs)
                answer = (int(decision.action), decision.complete, inputs)
                self.logs.decisions.append((decision.request_id, decision.content_digest, answer))
            elif isinstance(effect, Conflict):
                self.logs.letters.append((effect.lane, effect.offset))
        if self._effects:
            # A transaction's marker takes an offset too.
            self.logs.decisions.append(None)
        self._effects = []
        self.logs.marks = self.partition.marks()
        self.partition.decisions_end = len(self.logs.decisions)

    def finish(self) -> None:
        """Reads everything to its end."""
        while any([*(self.read_contents(lane) for lane in LANES), self.read_verdict()]):
            self.expire()
        self.expire(1 << 60)
        self.commit()


def live(worker: Worker, dice: random.Random, turns: int, deaths: float) -> None:
    """A life with sudden ends, then a quiet one until all is worked off."""
    for _ in range(turns):
        if dice.random() < deaths:
            worker.crash()
        step = dice.random()
        if step < 0.45:
            worker.read_contents(dice.choice(LANES))
        elif step < 0.8:
            worker.read_verdict()
        elif step < 0.9:
            worker.expire()
        else:
            worker.commit()
    worker.finish()


def decided(logs: Logs) -> list[tuple[str, bytes, Answer]]:
    """The decisions in the log."""
    return [found for found in logs.decisions if found is not None]

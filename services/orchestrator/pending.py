"""Everything the orchestrator knows of one partition number: rebuilt from the log, never saved. Pure.

Three logs meet here: contents (a record per lane), verdicts, decisions. A verdict names the lane and offset of the
contents record that it judged, so it is never mistaken for a verdict of another copy:

    offset at or after the lane's position     the record is certain to come: keep the verdict
    before it, and the record is undecided     it counts, if it was appended in time and is its check's first
    before it, and the record is not there     decided, or a duplicate: drop
"""

import heapq
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.asked import Asked
from orchestrator.breaker import Turned, breakers_of
from orchestrator.decide import judge
from orchestrator.outputs import Outputs, Seen, consequences
from sluice.bus.record import Headers
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.decision_pb2 import Decision
from sluice.v1.verdict_pb2 import Verdict

Lane = int
_NOTHING: "tuple[Effect, ...]" = ()
_NO_VERDICTS = ()
_SLACK = 4096
"""Finished entries that may lie in a queue before it is swept."""


@dataclass(slots=True, eq=False)
class Entry:
    """A request that is not decided yet. `size`: bytes of its record."""

    asked: Asked
    lane: Lane
    offset: int
    appended_at_ms: int
    decisions_position: int
    size: int = 0
    trace: Headers = ()
    seen: dict[str, Seen] = field(default_factory=dict)
    done: bool = False


@dataclass(slots=True)
class Decided:
    """A request has been decided. `contents`: its record, which the entry does not hold any more."""

    entry: Entry
    outputs: Outputs
    contents: Contents


@dataclass(frozen=True, slots=True)
class Conflict:
    """A request id came again with other content."""

    request_id: str
    lane: Lane
    offset: int


Effect = Decided | Conflict | Turned


@dataclass(frozen=True, slots=True)
class Marks:
    """Low-water marks: where a successor must begin to read, and how far everything has been read before."""

    contents: Mapping[Lane, int]
    verdicts: int
    decisions: int
    next_contents: Mapping[Lane, int]
    next_verdicts: int = 0


@dataclass(slots=True)
class LanePosition:
    """How far a lane's contents have been read, and which of them are undecided, in offset order."""

    next: int
    replayed_until: int
    open: deque[Entry] = field(default_factory=deque)


class Partition:
    """State of one partition number. Offsets and times come from the log; there is no clock."""

    def __init__(self, policy: Policy, start: Marks, remember: int) -> None:
        """`start`: the committed marks. `remember`: how many decided ids are told from new ones."""
        self._policy = policy
        self._remember = remember
        self._lanes = {
            lane: LanePosition(offset, start.next_contents.get(lane, offset))
            for lane, offset in start.contents.items()
        }
        self._next_verdict = start.verdicts
        self._replayed_verdicts = start.next_verdicts
        self._recovered_decisions = start.decisions
        self.decisions_end = start.decisions
        self.waiting_bytes = 0
        self.early_bytes = 0
        self._pending: dict[str, Entry] = {}
        self._by_offset: dict[tuple[Lane, int], Entry] = {}
        self._early: dict[tuple[Lane, int], list[tuple[Seen, int]]] = {}
        # Verdicts that are still needed, in offset order, by the contents record that they are about.
        self._verdict_order: deque[tuple[int, tuple[Lane, int]]] = deque()
        self._verdicts_before_compaction = _SLACK
        self._deadlines: list[tuple[int, int, Entry]] = []
        self._decided: OrderedDict[str, bytes] = OrderedDict()
        self._count = 0
        self._nothing = Asked.of(Contents(), policy)
        self._breakers = breakers_of(policy)

    @property
    def policy(self) -> Policy:
        """What requests are decided by."""
        return self._policy

    def adopt(self, policy: Policy) -> "tuple[Effect, ...]":
        """From now on everything is decided by this policy: what is in hand is asked anew, and decided where it has
        nothing to wait for any more. So every decision of this partition before the switch is by the old policy, and
        every one after it by the new.

        Deadlines stay as they were: they are in the records. Answers of checks that the old policy did not ask for
        were kept as they came, and count.
        """
        self._policy = policy
        self._nothing = Asked.of(Contents(), policy)
        self._breakers = breakers_of(policy, self._breakers)
        effects: list[Effect] = []
        for entry in list(self._pending.values()):
            entry.asked = Asked.of(entry.asked.message, policy)
            effects += self._settle(entry, late=False)
        return tuple(effects)

    def remember(self, request_id: str, content_digest: bytes) -> None:
        """An id that the decisions log already holds."""
        self._decided[request_id] = content_digest
        if len(self._decided) > self._remember:
            self._decided.popitem(last=False)

    def recall(self, decision: Decision) -> None:
        """A decision that the log already holds: its id, and what breakers count.

        Only the newest ids are read back, so that breakers know less of the usual than a predecessor's did, and may
        open at another moment. No decision is in doubt for it: each says which were open for it.
        """
        self.remember(decision.request_id, decision.content_digest)
        if self._breakers is not None:
            complete, reasons = decision.complete, decision.reasons[:]
            self._breakers.observe(decision.prepared_at_ms, decision.tenant, complete, reasons)
            # Whoever decided it has told of what opened.
            self._breakers.turned()

    def open_breakers(self) -> int:
        """Breakers that are open now."""
        return 0 if self._breakers is None else self._breakers.open_count()

    def skip_contents(self, lane: Lane, offset: int) -> bool:
        """A contents record that nobody can read is passed over. Whether it is met for the first time."""
        position = self._lanes[lane]
        position.next = offset + 1
        return offset >= position.replayed_until

    def skip_verdict(self, offset: int) -> bool:
        """A verdict that nobody can read is passed over. Whether it is met for the first time."""
        self._next_verdict = offset + 1
        return offset >= self._replayed_verdicts

    def next_contents(self, lane: Lane) -> int:
        """The offset this lane is read from next."""
        return self._lanes[lane].next

    @property
    def next_verdict(self) -> int:
        """The offset the verdicts are read from next."""
        return self._next_verdict

    def undecided(self) -> int:
        """Requests in hand."""
        return len(self._pending)

    def queued(self) -> int:
        """Entries in all queues, finished ones that were not swept yet included: what memory follows."""
        open_entries = sum(len(position.open) for position in self._lanes.values())
        return len(self._deadlines) + len(self._verdict_order) + open_entries + len(self._early)

    def on_contents(
        self,
        lane: Lane,
        offset: int,
        appended_at_ms: int,
        contents: Contents,
        size: int = 0,
        trace: Headers = (),
        shed: bool = False,
    ) -> "tuple[Effect, ...]":
        """A contents record was read. `size`: its bytes. `trace`: its trace context, which the decision goes on
        with. `shed`: there is no room to wait; what cannot be decided now is decided as incomplete.
        """
        position = self._lanes[lane]
        position.next = offset + 1
        early: Sequence[Seen] = self._take_early((lane, offset)) if self._early else _NO_VERDICTS
        request_id = contents.request_id
        known = self._decided.get(request_id)
        if known is None and request_id in self._pending:
            known = self._pending[request_id].asked.content_digest
        replayed = offset < position.replayed_until
        if known is not None:
            # The dead letter of a record that is read again went out with the marks that lie behind it.
            if known == contents.content_digest or replayed:
                return _NOTHING
            return (Conflict(request_id, lane, offset),)
        known_until = self._recovered_decisions if replayed else self.decisions_end
        asked = Asked.of(contents, self._policy)
        entry = Entry(asked, lane, offset, appended_at_ms, known_until, size, trace)
        self._pending[request_id] = entry
        self._by_offset[lane, offset] = entry
        self.waiting_bytes += size
        position.open.append(entry)
        effects = _NOTHING
        if self._policy.speaks_first or not asked.judged or not asked.waits(_NO_VERDICTS):
            effects = self._settle(entry, late=False)
        # One by one and in log order, so that the answer does not depend on which topic was read first.
        for seen in early:
            if not entry.done:
                effects = self._count_verdict(entry, seen)
        if shed and not entry.done:
            effects = self._settle(entry, late=True, overloaded=True)
        if not entry.done:
            self._count += 1
            heapq.heappush(self._deadlines, (asked.deadline_at_ms, self._count, entry))
        return effects

    def on_verdict(self, offset: int, appended_at_ms: int, verdict: Verdict, size: int = 0) -> "tuple[Effect, ...]":
        """A verdict was read. `size`: bytes of its record."""
        self._next_verdict = offset + 1
        key = (verdict.lane, verdict.contents_offset)
        entry = self._by_offset.get(key)
        if entry is not None:
            effects = self._count_verdict(entry, Seen(verdict, offset, appended_at_ms))
            if not entry.done:
                self._verdict_order.append((offset, key))
            return effects
        position = self._lanes.get(key[0])
        if position is not None and key[1] >= position.next:
            self._early.setdefault(key, []).append((Seen(verdict, offset, appended_at_ms), size))
            self.early_bytes += size
            self._verdict_order.append((offset, key))
        return _NOTHING

    def expire(self, until_ms: int) -> list[Effect]:
        """Every verdict appended before `until_ms` has been read: deadlines before it have passed."""
        effects: list[Effect] = []
        while self._deadlines and self._deadlines[0][0] < until_ms:
            _, _, entry = heapq.heappop(self._deadlines)
            if not entry.done:
                effects += self._settle(entry, late=True)
        return effects

    def next_deadline(self) -> int | None:
        """The earliest deadline of an undecided request, milliseconds since the epoch."""
        while self._deadlines and self._deadlines[0][2].done:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def marks(self) -> Marks:
        """Where a successor must begin, with every decision so far counted as published."""
        self._compact()
        oldest = self.decisions_end
        contents: dict[Lane, int] = {}
        for lane, position in self._lanes.items():
            while position.open and position.open[0].done:
                position.open.popleft()
            contents[lane] = position.open[0].offset if position.open else position.next
            if position.next < position.replayed_until:
                oldest = min(oldest, self._recovered_decisions)
            if position.open:
                oldest = min(oldest, position.open[0].decisions_position)
        while self._verdict_order and not self._needed(self._verdict_order[0][1]):
            self._verdict_order.popleft()
        verdicts = self._verdict_order[0][0] if self._verdict_order else self._next_verdict
        # Never less than what was reached before: a crash in the middle of a replay would otherwise take
        # decisions that the next replay needs for older than they are.
        reached = {lane: max(p.next, p.replayed_until) for lane, p in self._lanes.items()}
        return Marks(contents, verdicts, oldest, reached, max(self._next_verdict, self._replayed_verdicts))

    def _compact(self) -> None:
        """Lets go of what was decided long before its deadline, or behind one that waits: memory follows the
        requests in hand, not the traffic.
        """
        most = 2 * len(self._pending) + _SLACK
        if len(self._deadlines) > most:
            self._deadlines = [waiting for waiting in self._deadlines if not waiting[2].done]
            heapq.heapify(self._deadlines)
        for position in self._lanes.values():
            if len(position.open) > most:
                position.open = deque(entry for entry in position.open if not entry.done)
        if len(self._verdict_order) > self._verdicts_before_compaction:
            self._verdict_order = deque(one for one in self._verdict_order if self._needed(one[1]))
            self._verdicts_before_compaction = 2 * len(self._verdict_order) + _SLACK

    def _needed(self, key: tuple[Lane, int]) -> bool:
        lane, offset = key
        if offset < self._lanes[lane].next:
            # Its record never came: retention took it before we could read it.
            self._take_early(key)
        return key in self._by_offset or key in self._early

    def _take_early(self, key: tuple[Lane, int]) -> list[Seen]:
        found = self._early.pop(key, [])
        self.early_bytes -= sum(size for _, size in found)
        return [seen for seen, _ in found]

    def _count_verdict(self, entry: Entry, seen: Seen) -> "tuple[Effect, ...]":
        asked, verdict = entry.asked, seen.verdict
        check = verdict.check
        # After a topic was truncated or made anew, an offset can name another request.
        if verdict.request_id != asked.request_id:
            return _NOTHING
        if seen.appended_at_ms > asked.deadline_at_ms or check in entry.seen:
            return _NOTHING
        entry.seen[check] = seen
        return self._settle(entry, late=False)

    def _settle(self, entry: Entry, late: bool, overloaded: bool = False) -> "tuple[Effect, ...]":
        asked, policy, breakers = entry.asked, self._policy, self._breakers
        verdicts = {check: seen.verdict for check, seen in entry.seen.items()}
        tenant = asked.message.subject.tenant if breakers is not None else ""
        open_breakers = breakers.open_for(tenant, entry.appended_at_ms) if breakers is not None else ()
        outcome = judge(asked, verdicts, policy, late, overloaded, open_breakers)
        if outcome is None:
            return _NOTHING
        entry.done = True
        del self._pending[asked.request_id]
        del self._by_offset[entry.lane, entry.offset]
        self.waiting_bytes -= entry.size
        self.remember(asked.request_id, asked.content_digest)
        at = entry.appended_at_ms
        found = consequences(asked, entry.offset, at, entry.seen, outcome, policy, open_breakers)
        # The entry may lie in a queue for a while yet; what it was decided by need not.
        entry.asked = self._nothing
        entry.seen = {}
        if breakers is None:
            return (Decided(entry, found, asked.message),)
        breakers.observe(at, tenant, outcome.complete, outcome.reasons)
        return (Decided(entry, found, asked.message), *breakers.turned())

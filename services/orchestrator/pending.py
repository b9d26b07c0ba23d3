"""Everything the orchestrator knows of one partition number: rebuilt from the log, never saved. Pure.

Three logs meet here: contents (a record per lane), verdicts, decisions. A verdict names the lane and offset of the
contents record that it judged, so it is never mistaken for a verdict of another copy:

    offset at or after the lane's position     the record is certain to come: keep the verdict
    before it, and the record is undecided     it counts, if it was appended in time and is its check's first
    before it, and the record is not there     decided, or a duplicate: drop
"""

import heapq
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.decide import Outcome, decide
from orchestrator.outputs import Outputs, Seen, outputs
from sluice.bus.record import Headers
from sluice.policy.model import Policy
from sluice.v1.contents_pb2 import Contents
from sluice.v1.verdict_pb2 import Verdict

Lane = int


@dataclass(slots=True, eq=False)
class Entry:
    """A request that is not decided yet."""

    contents: Contents
    lane: Lane
    offset: int
    appended_at_ms: int
    decisions_position: int
    trace: Headers = ()
    seen: dict[str, Seen] = field(default_factory=dict)
    done: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A request has been decided."""

    entry: Entry
    outputs: Outputs


@dataclass(frozen=True, slots=True)
class Conflict:
    """A request id came again with other content."""

    request_id: str
    lane: Lane
    offset: int


Effect = Decided | Conflict


@dataclass(frozen=True, slots=True)
class Marks:
    """Low-water marks: where a successor must begin to read."""

    contents: Mapping[Lane, int]
    verdicts: int
    decisions: int
    next_contents: Mapping[Lane, int]


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
        self._recovered_decisions = start.decisions
        self.decisions_end = start.decisions
        self._pending: dict[str, Entry] = {}
        self._by_offset: dict[tuple[Lane, int], Entry] = {}
        self._early: dict[tuple[Lane, int], list[Seen]] = {}
        # Verdicts that are still needed, in offset order, by the contents record that they are about.
        self._verdict_order: deque[tuple[int, tuple[Lane, int]]] = deque()
        self._deadlines: list[tuple[int, int, Entry]] = []
        self._decided: OrderedDict[str, bytes] = OrderedDict()
        self._count = 0

    def remember(self, request_id: str, content_digest: bytes) -> None:
        """An id that the decisions log already holds."""
        self._decided[request_id] = content_digest
        if len(self._decided) > self._remember:
            self._decided.popitem(last=False)

    def skip_contents(self, lane: Lane, offset: int) -> None:
        """A contents record that nobody can read was passed over."""
        self._lanes[lane].next = offset + 1

    def skip_verdict(self, offset: int) -> None:
        """A verdict that nobody can read was passed over."""
        self._next_verdict = offset + 1

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

    def on_contents(
        self, lane: Lane, offset: int, appended_at_ms: int, contents: Contents, trace: Headers = ()
    ) -> Iterator[Effect]:
        """A contents record was read. `trace`: its trace context, which the decision goes on with."""
        position = self._lanes[lane]
        position.next = offset + 1
        early = self._early.pop((lane, offset), [])
        known = self._decided.get(contents.request_id)
        pending = self._pending.get(contents.request_id)
        if known is None and pending is not None:
            known = pending.contents.content_digest
        if known is not None:
            if known != contents.content_digest:
                yield Conflict(contents.request_id, lane, offset)
            return
        replayed = offset < position.replayed_until
        known_until = self._recovered_decisions if replayed else self.decisions_end
        entry = Entry(contents, lane, offset, appended_at_ms, known_until, trace)
        self._pending[contents.request_id] = entry
        self._by_offset[lane, offset] = entry
        position.open.append(entry)
        self._count += 1
        heapq.heappush(self._deadlines, (contents.deadline_at_ms, self._count, entry))
        yield from self._settle(entry, late=False)
        # One by one and in log order, so that the answer does not depend on which topic was read first.
        for seen in early:
            if not entry.done:
                yield from self._count_verdict(entry, seen)

    def on_verdict(self, offset: int, appended_at_ms: int, verdict: Verdict) -> Iterator[Effect]:
        """A verdict was read."""
        self._next_verdict = offset + 1
        position = self._lanes.get(verdict.lane)
        if position is None:
            return
        key = (verdict.lane, verdict.contents_offset)
        seen = Seen(verdict, offset, appended_at_ms)
        entry = self._by_offset.get(key)
        if entry is not None:
            self._verdict_order.append((offset, key))
            yield from self._count_verdict(entry, seen)
        elif verdict.contents_offset >= position.next:
            self._early.setdefault(key, []).append(seen)
            self._verdict_order.append((offset, key))

    def expire(self, until_ms: int) -> Iterator[Effect]:
        """Every verdict appended before `until_ms` has been read: deadlines before it have passed."""
        while self._deadlines and self._deadlines[0][0] < until_ms:
            _, _, entry = heapq.heappop(self._deadlines)
            if not entry.done:
                yield from self._settle(entry, late=True)

    def next_deadline(self) -> int | None:
        """The earliest deadline of an undecided request, milliseconds since the epoch."""
        while self._deadlines and self._deadlines[0][2].done:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def marks(self) -> Marks:
        """Where a successor must begin, with every decision so far counted as published."""
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
        reached = {lane: max(p.next, p.replayed_until) for lane, p in self._lanes.items()}
        return Marks(contents, verdicts, oldest, reached)

    def _needed(self, key: tuple[Lane, int]) -> bool:
        lane, offset = key
        if offset < self._lanes[lane].next:
            # Its record never came: retention took it before we could read it.
            self._early.pop(key, None)
        return key in self._by_offset or key in self._early

    def _count_verdict(self, entry: Entry, seen: Seen) -> Iterator[Effect]:
        check = seen.verdict.check
        # After a topic was truncated or made anew, an offset can name another request.
        if seen.verdict.request_id != entry.contents.request_id:
            return
        if seen.appended_at_ms > entry.contents.deadline_at_ms or check in entry.seen:
            return
        entry.seen[check] = seen
        yield from self._settle(entry, late=False)

    def _settle(self, entry: Entry, late: bool) -> Iterator[Effect]:
        verdicts = {check: seen.verdict for check, seen in entry.seen.items()}
        outcome: Outcome | None = decide(entry.contents, verdicts, self._policy, late)
        if outcome is None:
            return
        entry.done = True
        del self._pending[entry.contents.request_id]
        del self._by_offset[entry.lane, entry.offset]
        self.remember(entry.contents.request_id, entry.contents.content_digest)
        yield Decided(
            entry,
            outputs(entry.contents, entry.offset, entry.appended_at_ms, entry.seen, outcome, self._policy),
        )

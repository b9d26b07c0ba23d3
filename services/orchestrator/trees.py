"""Makes the trees of requests that nobody told of beside the decisions, not between them.

A tree costs as much as a decision or two, and strangers can ask for one with every request: so they wait for a thread
of their own, which takes a part of one core and no more. What finds no room is not made, and counted as dropped.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Final

from orchestrator.spans import Source, fewest_spans, whole_tree
from sluice.attempt import Unforeseen, attempt_alone
from sluice.telemetry.export import CLOSE_SECONDS
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import Spans
from sluice.telemetry.trace_context import TraceContext
from sluice.v1.decision_pb2 import Decision

MOST_WAITING: Final = 4096
"""Decisions that wait to be told: a few kilobytes each."""
RESTS: Final = 3.0
"""For each second of work so many of rest: a quarter of one core at most."""


@dataclass(frozen=True, slots=True)
class Untold:
    """A decision on a request that nobody told of. `above`: what wrote its contents record, on partition number
    `partition`."""

    decision: Decision
    partition: int
    above: TraceContext
    source: Source


class Trees:
    """The thread, from the first decision on until `close`."""

    def __init__(
        self,
        spans: Spans,
        log: Log | None = None,
        most: int = MOST_WAITING,
        clock: Callable[[], float] = time.thread_time,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        """`most`: decisions that may wait. `clock`: seconds of work of the asking thread. `rest`: waits for so many
        seconds; not while it closes."""
        self._spans = spans
        self._log = log
        self._clock = clock
        self._waiting: Queue[Untold | None] = Queue(most)
        self._closing = threading.Event()
        self._rest = rest or self._closing.wait
        self._thread: threading.Thread | None = None

    def tell(self, one: Untold) -> None:
        """Takes a decision. Never waits."""
        if self._closing.is_set():
            self._lose(one)
            return
        try:
            self._begin()
            self._waiting.put_nowait(one)
        except (Full, RuntimeError):
            # RuntimeError: the system starts no more threads. Decisions go on.
            self._lose(one)

    def close(self) -> None:
        """Makes what is left without a rest, for as long as spans may take to be sent; what is left then is lost."""
        thread, until = self._thread, time.monotonic() + CLOSE_SECONDS
        if thread is None or self._closing.is_set():
            self._closing.set()
            return
        self._closing.set()
        try:
            self._waiting.put(None, timeout=CLOSE_SECONDS)
            thread.join(max(0.0, until - time.monotonic()))
        except Full:
            pass
        while True:
            try:
                left = self._waiting.get_nowait()
            except Empty:
                break
            if left is not None:
                self._lose(left)
        # For a thread that took more than its time.
        self._waiting.put(None)

    def _begin(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="trees", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while (one := self._waiting.get()) is not None:
            began = self._clock()
            self._make(one)
            self._rest(RESTS * (self._clock() - began))

    def _make(self, one: Untold) -> None:
        # One that would be thrown away is not made.
        if self._spans.room < fewest_spans(one.decision):
            self._lose(one)
            return
        made = attempt_alone(lambda: whole_tree(one.decision, one.partition, one.above, one.source))
        if isinstance(made, Unforeseen):
            self._lose(one)
            if self._log is not None:
                self._log.error("a trace cannot be told", error=made.kind, detail=made.place)
            return
        for span in made:
            self._spans.emit(span)

    def _lose(self, one: Untold) -> None:
        self._spans.lost(fewest_spans(one.decision))

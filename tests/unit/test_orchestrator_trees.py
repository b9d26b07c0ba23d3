"""Trees of what nobody told are made beside the decisions, as many as there is room and time for."""

import io
import json
import threading

import pytest

from orchestrator.spans import fewest_spans, whole_tree
from orchestrator.trees import RESTS, Trees, Untold
from sluice.telemetry.logging import Log
from sluice.telemetry.spans import KeptSpans, Span
from tests.unit.build import REQUEST_ID
from tests.unit.test_orchestrator_spans import GIVEN, ROOT, SOURCE, decision, heard, incomplete


def untold(checks: int = 1) -> Untold:
    return Untold(decision(*(heard(f"check{at}") for at in range(checks))), 3, ROOT, SOURCE)


class Held(KeptSpans):
    """Says how much room there is only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may = threading.Event(), threading.Event()

    @property
    def room(self) -> int:
        self.asked.set()
        assert self.may.wait(60)
        return 1000


class Named(KeptSpans):
    """Keeps who told."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()

    def emit(self, span: Span) -> None:
        self.threads.add(threading.current_thread().name)
        super().emit(span)


def test_every_tree_is_told_whole_by_another_thread() -> None:
    spans = Named()
    trees = Trees(spans)
    given = [untold(checks) for checks in (1, 0, 3)]
    for one in given:
        trees.tell(one)
    trees.close()
    whole = [span for one in given for span in whole_tree(one.decision, one.partition, one.above, one.source)]
    assert spans.told == whole
    assert (spans.threads, spans.dropped) == ({"trees"}, 0)


def test_who_decides_waits_for_nothing_and_what_finds_the_queue_full_is_counted() -> None:
    spans = Held()
    trees = Trees(spans, most=2)
    trees.tell(untold(0))
    assert spans.asked.wait(60)
    # The thread holds one; two wait; two more find no room.
    for checks in (1, 2, 3, 4):
        trees.tell(untold(checks))
    assert spans.told == []
    assert spans.dropped == fewest_spans(untold(3).decision) + fewest_spans(untold(4).decision) == 8 + 10
    spans.may.set()
    trees.close()
    assert [span.name for span in spans.told].count("decide") == 3


def test_what_would_be_thrown_away_is_not_made() -> None:
    spans = KeptSpans(most=7)
    trees = Trees(spans)
    # Five spans with the request's own; the second has four at least, and there is room for two.
    for _ in range(2):
        trees.tell(untold(1))
    trees.close()
    assert (len(spans.told), spans.dropped) == (5, 4)


def test_after_each_tree_it_rests_three_times_as_long() -> None:
    times = iter([0.0, 0.5, 10.0, 10.25])
    rests: list[float] = []
    trees = Trees(KeptSpans(), clock=lambda: next(times), rest=rests.append)
    trees.tell(untold())
    trees.tell(untold())
    trees.close()
    assert rests == [0.5 * RESTS, 0.25 * RESTS]


def test_one_that_cannot_be_made_is_counted_and_told_and_ends_nothing() -> None:
    stream = io.StringIO()
    spans = KeptSpans()
    trees = Trees(spans, Log("orchestrator", stream=stream))
    broken = decision()
    broken.request_id = "somebody's words"
    trees.tell(Untold(broken, 3, GIVEN, SOURCE))
    trees.tell(untold(0))
    trees.close()
    assert [span.attributes["sluice.request_id"] for span in spans.told] == [REQUEST_ID] * 3
    assert spans.dropped == 2
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["error"], line["detail"].partition(":")[0]) == ("ValueError", "uuid.py")
    assert "somebody" not in stream.getvalue()


def test_where_no_thread_can_be_started_decisions_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    spans = KeptSpans()
    trees = Trees(spans)
    with monkeypatch.context() as changed:
        changed.setattr(threading.Thread, "start", start)
        trees.tell(untold(0))
    assert spans.dropped == 2
    trees.tell(untold(0))
    trees.close()
    assert len(spans.told) == 3


def test_closed_it_takes_nothing_and_starts_nothing() -> None:
    spans = KeptSpans()
    trees = Trees(spans)
    trees.close()
    trees.tell(untold(0))
    trees.close()
    assert (spans.told, spans.dropped) == ([], 2)


def test_the_fewest_spans_are_never_more_than_there_are() -> None:
    waited = decision(heard("a"), reasons=(incomplete("b"),))
    waited.complete = False
    for found in (decision(), decision(heard("a"), heard("b")), decision(released_from=REQUEST_ID), waited):
        assert fewest_spans(found) <= len(whole_tree(found, 3, ROOT, SOURCE))
    # Of a trace that began elsewhere, all whose checks answered, there are no more.
    answered = decision(heard("a"), heard("b"))
    assert fewest_spans(answered) == len(whole_tree(answered, 3, GIVEN, SOURCE))

"""A trace as JSON."""

import json
import re
from pathlib import Path

from sluice.cli.trace_form import trace_form
from sluice.trace.spent import spent
from sluice.trace.tree import build_tree
from tests.trace_samples import BEGIN_NS, REQUEST_ID, TRACE_ID, plain, seen

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def form() -> dict[str, object]:
    told = trace_form(build_tree(seen(), REQUEST_ID), REQUEST_ID, TRACE_ID, "collector", "http://c")
    read: dict[str, object] = json.loads(json.dumps(told))
    return read


def test_the_whole() -> None:
    told = form()
    spans = told.pop("spans")
    path = told.pop("critical_path")
    time = told.pop("time_spent")
    assert told == {
        "request_id": REQUEST_ID,
        "trace_id": TRACE_ID,
        "source": "collector",
        "where": "http://c",
        "begin_unix_ns": BEGIN_NS,
        "total_ms": 266.0,
        "decided": True,
        "decided_after_ms": 266.0,
        "action": "BLOCK",
        "complete": True,
    }
    assert isinstance(spans, list)
    names = {span["span_id"]: span["name"] for span in spans}
    assert isinstance(path, list)
    assert [names[each] for each in path] == [
        "request",
        "process moderation.requests",
        "process moderation.contents",
        "fetch",
        "wait",
        "batch",
        "decide",
    ]
    assert isinstance(time, list)
    assert time[0] == {"what": "waited in moderation.contents", "ms": 122.0}


def test_a_span() -> None:
    spans = form()["spans"]
    assert isinstance(spans, list)
    span = spans[3]
    del span["attributes"], span["span_id"], span["parent"]
    assert span == {
        "depth": 2,
        "service": "image-classifier",
        "name": "process moderation.contents",
        "kind": "consumer",
        "start_ms": 142.0,
        "duration_ms": 120.0,
        "waited_ms": 122.0,
        "waited_in": "moderation.contents",
        "critical": True,
        "error": None,
        "loose": None,
        "early_ms": 0.0,
        "synthesised": False,
        "joins": [],
        "links": [],
    }
    assert spans[-1]["joins"][0]["service"] == "text-classifier"
    assert len(spans[-1]["links"]) == 2


def test_without_a_decision() -> None:
    told = trace_form(build_tree([plain(1)]), "", TRACE_ID, "jaeger", "")
    assert told["request_id"] is None
    assert (told["decided"], told["decided_after_ms"], told["action"], told["complete"]) == (False, None, None, None)


def test_the_time_spent_is_the_time_there_was() -> None:
    tree = build_tree(seen(), REQUEST_ID)
    assert sum(part.ns for part in spent(tree)) == tree.end_ns - tree.begin_ns


def test_every_field_is_told_in_the_docs() -> None:
    told = form()
    spans = told["spans"]
    assert isinstance(spans, list)
    rows = set(re.findall(r"^\| `([a-z_]+)` \| [^|]+\|$", PAGE.split("## Why was this slow?")[1], re.MULTILINE))
    assert (told.keys() | spans[0].keys()) <= rows

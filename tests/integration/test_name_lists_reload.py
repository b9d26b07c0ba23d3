"""A list put beside the others while the stack runs: the next verdict knows its names, and says which lists."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.local.ops import ask_ops
from sluice.local.state import Running
from sluice.v1.decision_pb2 import Decision
from tests.integration.client import Client, ask, prompt

SECONDS = 60.0
READERS = ("text-classifier", "image-text-classifier")
HEADER = "id,name,aliases,kind,source,note\n"
ROW = "q-1,Zephyrine Quillfeather,,public-figure-opted-out,nobody: made up for this test,\n"


@pytest.fixture
def file(home: Path) -> Iterator[Path]:
    """Where a list may be put; it is taken away in the end."""
    path = home / "lists" / "ours.csv"
    yield path
    path.unlink(missing_ok=True)


def lists_of(decision: Decision) -> bytes:
    """The digest of all lists that the text check's verdict rests on."""
    return next(
        model.digest
        for found in decision.inputs
        if found.check == "text"
        for model in found.models
        if model.name == "name-lists"
    )


def named(decision: Decision) -> set[tuple[str, str]]:
    """Lists and entries that the text check found."""
    return {
        (match.list, match.entry)
        for found in decision.inputs
        if found.check == "text"
        for result in found.results
        for match in result.matches
    }


def test_a_list_comes_breaks_and_goes_while_the_stack_runs(file: Path, client: Client, stack: Running) -> None:
    def decided(when: Callable[[Decision], bool]) -> Decision:
        end = time.monotonic() + SECONDS
        while True:
            decision = client.decide(ask(prompt("Zephyrine Quillfeather with a red umbrella")))
            if when(decision):
                return decision
            assert time.monotonic() < end, "the lists have no effect"

    def until_noted(*names: str) -> None:
        end = time.monotonic() + SECONDS
        while {name for name in READERS if "name-lists" in ask_ops(stack.services[name].ops).notes} != {*names}:
            assert time.monotonic() < end
            time.sleep(0.1)

    first = decided(lambda _: True)
    assert named(first) == set()
    file.write_text(HEADER + ROW)
    with_ours = decided(lambda decision: named(decision) == {("ours", "q-1")})
    assert lists_of(with_ours) != lists_of(first)

    file.write_text(HEADER + ROW.replace("public-figure-opted-out", "nobody"))
    until_noted(*READERS)
    kept = decided(lambda _: True)
    assert (named(kept), lists_of(kept)) == ({("ours", "q-1")}, lists_of(with_ours))

    file.unlink()
    last = decided(lambda decision: named(decision) == set())
    assert lists_of(last) == lists_of(first)
    until_noted()

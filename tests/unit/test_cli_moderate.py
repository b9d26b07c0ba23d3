"""What `sluice moderate` says of matches with known material whose stack does not outlive it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sluice.cli import moderate
from sluice.cli.moderate import Printer, _stack, is_known
from sluice.cli.send import Outcome
from sluice.v1.decision_pb2 import ACTION_BLOCK, Decision, Input
from sluice.v1.verdict_pb2 import ContentResult, ListMatch


def decision(kind: str = "") -> Decision:
    matches = [ListMatch(list="a list", kind=kind)] if kind else []
    return Decision(request_id="r", action=ACTION_BLOCK, inputs=[Input(results=[ContentResult(matches=matches)])])


def test_what_matched_is_told_by_its_kind() -> None:
    assert is_known(decision("csam"))
    assert not is_known(decision("name"))
    assert not is_known(decision())


@pytest.mark.parametrize(("kinds", "told"), [(("csam", "", "csam"), True), (("", "name"), False)])
def test_a_temporary_stack_says_that_it_takes_its_incidents_with_it(
    kinds: tuple[str, ...],
    told: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def temporary(*_: Any) -> Iterator[None]:
        yield

    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.setattr(moderate, "temporary", temporary)
    printer = Printer(as_json=True, explain=False)
    with _stack(printer):
        for each in kinds:
            printer.put(Outcome("r", decision(each)))
    captured = capsys.readouterr()
    assert ("2 matched known CSAM" in captured.err) is told
    assert ("`sluice up` keeps them" in captured.err) is told
    assert "CSAM" not in captured.out

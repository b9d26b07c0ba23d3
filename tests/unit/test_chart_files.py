"""What the chart holds of other folders is what lies there, and what its pods run does what they need."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from deploy.chart.ask import PROMPT, main
from deploy.chart.files import FILES, files, write
from deploy.chart.lay import lay
from sluice.v1.decision_pb2 import Action, Decision, Reason
from sluice.v1.orchestrator_pb2 import (
    ModerateRequest,
    ModerateResponse,
    ModerateStreamRequest,
    ModerateStreamResponse,
)
from sluice.v1.orchestrator_pb2_grpc import OrchestratorServicer, add_OrchestratorServicer_to_server
from sluice.v1.request_pb2 import Stage


def test_the_files_are_what_they_are_made_of() -> None:
    """Where this fails: python -m deploy.chart."""
    there = {str(path.relative_to(FILES)): path.read_bytes() for path in FILES.rglob("*") if path.is_file()}
    assert there == files()


def test_what_has_fallen_behind_is_written_and_what_is_left_over_goes(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(files())
    (tmp_path / "users.yaml").write_text("old")
    (tmp_path / "rules/gone.rules.yaml").write_text("old")
    assert [path.name for path in write(tmp_path)] == ["users.yaml", "gone.rules.yaml"]
    assert write(tmp_path) == []


def test_lists_are_laid_into_a_store_where_they_differ(tmp_path: Path) -> None:
    source, store = tmp_path / "from", tmp_path / "to"
    source.mkdir()
    store.mkdir()
    (source / "banks.yaml").write_text("a: 1\n")
    (source / "sources.yaml").write_text("b: 1\n")
    assert lay(source, store) == ["banks.yaml", "sources.yaml"]
    assert lay(source, store) == []
    (source / "banks.yaml").write_text("a: 2\n")
    assert lay(source, store) == ["banks.yaml"]
    assert (store / "banks.yaml").read_text() == "a: 2\n"
    assert sorted(path.name for path in store.iterdir()) == ["banks.yaml", "sources.yaml"]


class Deciding(OrchestratorServicer):
    """Decides everything as it was told to."""

    def __init__(self, decision: Decision | None) -> None:
        self._decision = decision

    def Moderate(self, request: ModerateRequest, context: grpc.ServicerContext) -> ModerateResponse:  # noqa: N802 - the contract's name
        assert request.request.stage == Stage.STAGE_PROMPT
        assert request.request.contents[0].text == PROMPT
        if self._decision is None:
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "no decision in time")
        return ModerateResponse(decision=self._decision)

    def ModerateStream(  # noqa: N802 - the contract's name
        self, request_iterator: Iterator[ModerateStreamRequest], context: grpc.ServicerContext
    ) -> Iterator[ModerateStreamResponse]:
        raise AssertionError("nobody asks this way")


@pytest.fixture
def orchestrator(request: pytest.FixtureRequest) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(1))
    add_OrchestratorServicer_to_server(Deciding(request.param), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.mark.parametrize("orchestrator", [Decision(action=Action.ACTION_ALLOW, complete=True)], indirect=True)
def test_a_complete_decision_is_good(orchestrator: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"ORCHESTRATOR": orchestrator, "SECONDS": "20"}) == 0
    assert capsys.readouterr().out == "ALLOW complete=True reasons: none\n"


@pytest.mark.parametrize(
    "orchestrator",
    [Decision(action=Action.ACTION_BLOCK, complete=False, reasons=[Reason(rule="incomplete", check="text")])],
    indirect=True,
)
def test_a_decision_without_a_check_is_not(orchestrator: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"ORCHESTRATOR": orchestrator, "SECONDS": "20"}) == 1
    said = capsys.readouterr()
    assert said.out == "BLOCK complete=False reasons: incomplete text\n"
    assert "has not answered" in said.err


@pytest.mark.parametrize("orchestrator", [None], indirect=True)
def test_no_decision_is_not(orchestrator: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"ORCHESTRATOR": orchestrator, "SECONDS": "20"}) == 1
    assert "DEADLINE_EXCEEDED: no decision in time" in capsys.readouterr().err


def test_nobody_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"ORCHESTRATOR": "127.0.0.1:1", "SECONDS": "0.5"}) == 1
    assert "127.0.0.1:1: DEADLINE_EXCEEDED" in capsys.readouterr().err

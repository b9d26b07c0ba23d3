"""`sluice provenance find`: what it asks, what it says, how it ends."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from sluice.cli.main import main
from sluice.cli.provenance_find import as_lines
from sluice.v1.provenance_pb2 import Answer, Evidence, Finding, FindRequest, FindResponse
from sluice.v1.provenance_pb2_grpc import ProvenanceServicer, add_ProvenanceServicer_to_server

OURS = FindResponse(
    answer=Answer.ANSWER_OURS,
    findings=[
        Finding(
            evidence=Evidence.EVIDENCE_FINGERPRINT_VERIFIED,
            confidence=0.94,
            request_id="00000000-0000-4000-8000-000000000001",
            manifest_label="urn:c2pa:1",
            signed_at_ms=1_700_000_000_000,
            variant="window 2",
            distance=6,
            similarity=0.99,
        )
    ],
)
PERHAPS = FindResponse(
    answer=Answer.ANSWER_PERHAPS,
    findings=[Finding(evidence=Evidence.EVIDENCE_FINGERPRINT_CANDIDATE, confidence=0.3)],
    not_asked=["object store"],
)
ANSWERS = {b"ours": OURS, b"perhaps": PERHAPS, b"unknown": FindResponse(answer=Answer.ANSWER_UNKNOWN)}


class _Service(ProvenanceServicer):
    def Find(self, request: FindRequest, context: grpc.ServicerContext) -> FindResponse:  # noqa: N802 - the contract
        if request.image == b"broken":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the picture was not read: cut off, or damaged")
        if request.image == b"busy":
            context.abort(grpc.StatusCode.UNAVAILABLE, "not ready")
        return ANSWERS[request.image]


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    for name in ("ours", "perhaps", "unknown", "broken", "busy"):
        (tmp_path / name).write_bytes(name.encode())
    server = grpc.server(ThreadPoolExecutor(1))
    add_ProvenanceServicer_to_server(_Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]], str]:
    try:
        status = main(["provenance", "find", "--json", *words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize(
    ("files", "status", "answers"),
    [
        (["ours"], 0, ["ours"]),
        (["unknown"], 1, ["unknown"]),
        (["perhaps"], 3, ["perhaps"]),
        (["broken"], 1, ["unread"]),
        (["none"], 1, ["unread"]),
        (["ours", "perhaps"], 3, ["ours", "perhaps"]),
        (["unknown", "perhaps", "ours"], 1, ["unknown", "perhaps", "ours"]),
    ],
)
def test_the_exit_status_is_that_of_the_least_known(
    files: list[str], status: int, answers: list[str], address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, forms, _ = _run(capsys, "--address", address, *files)
    assert (ended, [form["answer"] for form in forms]) == (status, answers)


def test_evidence_and_confidence_are_named(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, (form,), _ = _run(capsys, "--address", address, "ours")
    (finding,) = form["findings"]
    assert finding["evidence"] == "FINGERPRINT_VERIFIED"
    assert (finding["confidence"], finding["distance"], finding["similarity"]) == (0.94, 6, 0.99)
    assert finding["signed_at"] == "2023-11-14T22:13:20Z"


def test_a_service_that_does_not_answer_is_no_answer(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended, forms, said = _run(capsys, "--address", address, "busy")
    assert (ended, forms) == (1, [])
    assert "UNAVAILABLE" in said


@pytest.mark.usefixtures("address")
def test_without_a_stack_it_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    ended, _, said = _run(capsys, "ours")
    assert ended == 1
    assert "sluice up" in said


@pytest.mark.parametrize("found", [*ANSWERS.values(), "the file is damaged"])
def test_no_answer_is_ever_worded_as_not_ours(found: FindResponse | str) -> None:
    text = "\n".join(as_lines("a.png", found)).lower()
    assert "not ours" not in text
    assert "not made by" not in text


def test_what_unknown_means_is_said() -> None:
    (line,) = as_lines("a\x1b.png", ANSWERS[b"unknown"])
    assert line.startswith("a\\x1b.png: unknown: nothing on record")
    assert "nothing about who made it" in line


def test_a_layer_that_was_not_asked_is_named() -> None:
    assert any("not asked: object store" in line for line in as_lines("a.png", PERHAPS))

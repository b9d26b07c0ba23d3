"""The arithmetic, the tables, the command line."""

import re
from pathlib import Path

import pytest
from rich.console import Console

import benchmarks.gateway as package
from benchmarks.gateway import doors, peers
from benchmarks.gateway.__main__ import PEERS, main, parser
from benchmarks.gateway.drive import Drive
from benchmarks.text.inputs import ROOT, Text

GRPC, HTTP = "gRPC door", "HTTP door"


def drove(seconds: float, latency: float, cpu: float, flagged: tuple[bool, ...] = (True, False)) -> Drive:
    shares = {"gateway": cpu / 4, "kafka": 3 * cpu / 4}
    return Drive(seconds, (latency,) * len(flagged), flagged, shares, 0.002)


def test_what_is_added_is_the_median_of_the_rounds_differences() -> None:
    grpc = [drove(1.0, 0.010, 0.020), drove(1.0, 0.050, 0.020), drove(2.0, 0.020, 0.040)]
    http = [drove(2.0, 0.014, 0.024), drove(1.0, 0.053, 0.024), drove(2.5, 0.029, 0.048)]
    found = doors.figures(grpc, http)
    assert found["grpc_per_second"] == 2
    assert found["http_over_grpc"] == pytest.approx(0.8)
    assert found["added_p50_ms"] == found["added_p99_ms"] == pytest.approx(4)
    assert (found["grpc_p50_ms"], found["http_p50_ms"]) == pytest.approx((20, 29))
    assert (found["grpc_cpu_ms"], found["grpc_gateway_cpu_ms"]) == pytest.approx((10, 2.5))
    assert (found["http_cpu_ms"], found["http_gateway_cpu_ms"]) == pytest.approx((12, 3))
    assert found["http_asking_ms"] == pytest.approx(1)


def test_the_doors_have_a_row_for_each_number_of_calls(capsys: pytest.CaptureFixture[str]) -> None:
    found = {(side, many): [drove(1.0, 0.010, 0.020)] for side in (GRPC, HTTP) for many in (1, 32)}
    table, result = doors.report(found, [1, 32])
    Console(width=150).print(table)
    assert table.row_count == 2
    assert "HTTP / gRPC" in capsys.readouterr().out
    assert result["doors_1_http_over_grpc"] == result["doors_32_http_over_grpc"] == 1
    assert result["doors_32_added_p99_ms"] == 0


def test_twice_the_texts_and_half_the_cpu_time() -> None:
    ours, theirs = [drove(2.0, 0.030, 0.020)] * 2, [drove(1.0, 0.003, 0.010), drove(1.0, 0.002, 0.010)]
    found = peers.figures(theirs, ours)
    assert found["per_second_over_ours"] == 2
    assert found["cpu_over_ours"] == pytest.approx(0.5)
    assert found["cpu_ms"] == pytest.approx(5)
    assert found["p50_ms"] == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("flagged", "unsafe", "expected"),
    [
        ((True, False, True, False), (True, True, False, False), {"caught": 0.5, "kept": 0.5}),
        ((True, True), (True, True), {"caught": 1.0}),
        ((False,), (False,), {"kept": 1.0}),
        ((True,), (None,), {}),
    ],
)
def test_caught_and_kept(
    flagged: tuple[bool, ...], unsafe: tuple[bool | None, ...], expected: dict[str, float]
) -> None:
    assert peers.judged(flagged, [Text("", one) for one in unsafe]) == expected


def test_the_peers_have_a_row_for_each_side_and_kind(capsys: pytest.CaptureFixture[str]) -> None:
    sides = [HTTP, "LLM Guard 0.3.16"]
    found = {("HTTP door", 8): [drove(2.0, 0.030, 0.020)], ("LLM Guard 0.3.16", 8): [drove(1.0, 0.003, 0.010)]}
    kinds = {"short prompts": found, "chat messages": found}
    texts = {kind: [Text("", True), Text("", False)] for kind in kinds}
    table, result = peers.report(kinds, texts, sides, [8])
    Console(width=150).print(table)
    assert table.row_count == 4
    assert "LLM Guard 0.3.16" in capsys.readouterr().out
    assert result["peers_chat_8_llm_guard_cpu_over_ours"] == pytest.approx(0.5)
    assert result["peers_short_8_http_door_per_second"] == 1
    assert result["peers_short_8_llm_guard_caught"] == 1


def test_help_tells_how_each_peer_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    assert package.__doc__ is not None
    assert "--require-hashes" in shown
    for name in PEERS:
        assert name in package.__doc__
        assert (ROOT / "benchmarks" / "gateway" / f"{name}-requirements.lock").is_file()


def test_all_sides_run_the_model_with_the_same_runtime() -> None:
    locks = [
        ROOT / "requirements.lock",
        *(ROOT / "benchmarks/gateway" / f"{name}-requirements.lock" for name in PEERS),
    ]
    versions = [re.findall(r"^onnxruntime==(\S+)", lock.read_text(), re.MULTILINE) for lock in locks]
    assert versions == [versions[0]] * 3
    assert len(versions[0]) == 1


def test_a_number_below_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["--rounds", "0"])
    assert "should be 1 or more" in capsys.readouterr().err


def test_the_product_depends_on_no_peer() -> None:
    told = Path(ROOT / "pyproject.toml").read_text() + Path(ROOT / "requirements.lock").read_text()
    assert not re.search("llm.guard|nemoguardrails", told, re.IGNORECASE)

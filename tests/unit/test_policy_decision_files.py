"""Files of decisions: what was written comes back, and what is none is told with its place."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import TerminalError
from sluice.policy.decision_files import read_decisions, write_decisions
from sluice.v1.decision_pb2 import ACTION_BLOCK, ContentSummary, Decision, Input, Reason
from tests.unit.build import OTHER_ID, REQUEST_ID, result
from tests.unit.test_orchestrator_decide_plans import untimed

NAMES = ("kept.pb", "kept.pb.gz", "kept.jsonl", "kept.jsonl.gz", "kept")


def made(request_id: str = REQUEST_ID, tenant: str = "studio") -> Decision:
    return Decision(
        request_id=request_id,
        tenant=tenant,
        action=ACTION_BLOCK,
        reasons=[Reason(rule="sexual", category="sexual", score=0.1 + 0.2, threshold=0.3)],
        contents=[ContentSummary(id="c0", sha256=b"\x00\xff" * 16)],
        inputs=[Input(check="text", results=[result(scores={"sexual": 0.1 + 0.2, "hate": float("nan")})])],
        decided_at_ms=1_700_000_000_123,
    )


def written(path: Path, *decisions: Decision) -> Path:
    assert write_decisions(path, [one.SerializeToString(deterministic=True) for one in decisions]) == len(decisions)
    return path


def back(path: Path) -> list[bytes]:
    return [Decision.FromString(value).SerializeToString(deterministic=True) for value in read_decisions(path)]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_comes_back(name: str, tmp_path: Path) -> None:
    decisions = [made(), made(OTHER_ID, "x" * 300), made(tenant="")]
    path = written(tmp_path / name, *decisions)
    assert back(path) == [one.SerializeToString(deterministic=True) for one in decisions]
    assert [file.name for file in tmp_path.iterdir()] == [name]


@untimed
@given(st.lists(st.binary(max_size=400), max_size=5))
def test_any_lengths_come_back(values: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept.pb"
        write_decisions(path, values)
        assert list(read_decisions(path)) == values


def test_json_lines_have_the_contracts_names(tmp_path: Path) -> None:
    (line,) = written(tmp_path / "kept.jsonl", made()).read_text().splitlines()
    form = json.loads(line)
    assert (form["request_id"], form["action"], form["reasons"][0]["rule"]) == (REQUEST_ID, "ACTION_BLOCK", "sexual")


def test_nothing_is_a_file_of_none(tmp_path: Path) -> None:
    assert back(written(tmp_path / "kept.pb")) == []
    assert back(written(tmp_path / "kept.jsonl.gz")) == []


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    for name in NAMES:
        path = written(tmp_path / name, *[made()] * 1000)
        steps: list[int] = []
        assert len(list(read_decisions(path, steps.append))) == 1000
        assert sum(steps) == path.stat().st_size
        assert len(steps) > 1


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("kept.pb", lambda data: data[:-3], "record 2 is not a decision"),
        ("kept.pb", lambda data: data + b"\x80", "record 3 is not a decision"),
        ("kept.pb", lambda _: b"\xff\xff\xff\xff\xff\xff", "record 1 is not a decision"),
        ("kept.jsonl", lambda data: data + b"{]\n", "record 3 is not a decision"),
        ("kept.jsonl", lambda data: data + b'{"request_id": 7}\n', "record 3 is not a decision"),
        ("kept.jsonl.gz", lambda data: data[:-9], "cannot be read"),
        ("kept.pb.gz", gzip.decompress, "cannot be read"),
    ],
)
def test_what_is_no_decision_is_told(name: str, change: Callable[[bytes], bytes], said: str, tmp_path: Path) -> None:
    path = written(tmp_path / name, made(), made(OTHER_ID))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(TerminalError, match=said):
        list(read_decisions(path))


def test_what_fails_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    def some() -> Iterator[bytes]:
        yield made().SerializeToString()
        raise TerminalError("the log ended")

    with pytest.raises(TerminalError, match="the log ended"):
        write_decisions(tmp_path / "kept.pb", some())
    assert list(tmp_path.iterdir()) == []


def test_no_such_place(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="cannot be written"):
        write_decisions(tmp_path / "no" / "kept.pb", [])
    with pytest.raises(TerminalError, match="cannot be read"):
        list(read_decisions(tmp_path / "none.pb"))


@pytest.mark.parametrize("name", ["kept.pb.gz", "kept.jsonl.gz"])
def test_packed_bytes_that_are_damaged_are_told(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / name, *(made() for _ in range(400)))
    data = path.read_bytes()
    for at in range(30, len(data) - 60, 7):
        path.write_bytes(data[:at] + bytes(255 - byte for byte in data[at : at + 40]) + data[at + 40 :])
        with pytest.raises(TerminalError, match=name):
            list(read_decisions(path))


def test_a_line_without_an_end_is_not_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        for _ in range(80):
            out.write(b" " * (1 << 20))
    with pytest.raises(TerminalError, match="record 1 is not a decision"):
        back(path)

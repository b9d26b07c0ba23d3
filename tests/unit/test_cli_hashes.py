"""`sluice hashes` on a store in a folder."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sluice.cli.hashes import app
from sluice.cli.main import main
from sluice.hashes import store as module
from sluice.hashes.locks import MERGE, locked
from sluice.hashes.store import append
from sluice.hashing import pdq
from sluice.samples import test_bank
from tests.unit.hash_store import change, store

BANKS = """\
partner: {kind: csam, source: a, terms: b, fresh_for: 1h}
innocent: {kind: innocent, source: a, terms: b, negative: true}
other: {kind: terror, source: a, terms: b}
"""
HEADER = "id,pdq,quality,md5,sha1,sha256\n"
PDQ, MD5 = "a1" * 32, "b2" * 16


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = store(tmp_path / "hashes", BANKS)
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.delenv("SLUICE_HASHES", raising=False)
    return found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command; returns its exit status, its lines of JSON, and what it said."""

    def once(*words: str) -> tuple[int, Sequence[Any], str]:
        try:
            app(args=list(words), prog_name="sluice hashes")
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return status, [json.loads(line) for line in said.out.splitlines()], said.err

    return once


def write(folder: Path, text: str, name: str = "list.csv") -> str:
    path = folder.parent / name
    path.write_text(text)
    return str(path)


def found(run: Any, *words: str) -> list[tuple[str, str, str, bool]]:
    _, rows, _ = run("lookup", *words)
    return [(row["bank"], row["entry"], row["method"], row["stands"]) for row in rows]


def test_a_list_is_built_and_looked_up(folder: Path, run: Any) -> None:
    status, (form,), said = run("build", "partner=" + write(folder, f"{HEADER}e1,{PDQ},97,{MD5},,\ne2,{PDQ},9,,,\n"))
    assert status == 0, said
    assert (form["lines"], form["refused_quality"], form["entries"], form["generation"]) == (1, 1, 1, 1)
    assert found(run, MD5) == [("partner", "e1", "md5", True)]
    near = "a0" * 4 + PDQ[8:]
    status, rows, _ = run("lookup", near, "00" * 32)
    assert (status, [(row["query"], row["distance"]) for row in rows]) == (0, [(near, 4)])
    assert run("lookup", "00" * 32)[0] == 3


def test_entries_come_and_go(folder: Path, run: Any) -> None:
    run("build", "partner=" + write(folder, f"{HEADER}e1,,,{MD5},,\n"))
    status, (form,), _ = run("add", "other", "--id", "x", "--md5", MD5)
    assert (status, form["added"]) == (0, 1)
    assert run("add", "other", write(folder, f'{{"id": "y", "md5": "{MD5}"}}\n', "more.jsonl"))[0] == 0
    assert [row[:2] for row in found(run, MD5)] == [("other", "x"), ("other", "y"), ("partner", "e1")]
    assert run("remove", "other", "x", "never")[1][0]["removed"] == 2
    assert run("remove", "partner", "--from", write(folder, "id,md5\ne1,\n"))[0] == 0
    assert [row[:2] for row in found(run, MD5)] == [("other", "y")]
    status, (form,), _ = run("merge")
    assert (status, form["entries"], form["merged_changes"]) == (0, 1, 4)
    assert run("remove", "other", "--all")[1][0]["entries"] == 0
    assert found(run, MD5) == []


def test_what_a_negative_bank_takes_back_is_shown(folder: Path, run: Any) -> None:
    run("add", "other", "--id", "x", "--pdq", PDQ)
    run("add", "innocent", "--id", "logo", "--pdq", PDQ)
    assert found(run, PDQ) == [("innocent", "logo", "pdq", False), ("other", "x", "pdq", False)]
    assert run("lookup", PDQ)[0] == 3


def test_a_picture_is_looked_up_however_it_is_turned(folder: Path, run: Any) -> None:
    picture = test_bank.test_bank_picture(2)
    known, quality = pdq(picture.rgb)
    run("add", "other", "--id", "two", "--pdq", known.hex(), "--quality", str(quality))
    path = folder.parent / "turned.png"
    Image.fromarray(picture.rgb[:, ::-1].copy()).save(path)
    assert found(run, str(path)) == [("other", "two", "pdq", True)]


def test_a_long_delta_is_merged_unless_somebody_merges(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MERGE_BYTES", 0)
    with locked(folder, MERGE, 0.0):
        status, (form,), said = run("add", "other", "--id", "x", "--md5", MD5)
    assert (status, "merged" in form, "another process is merging already" in said) == (0, False, True)
    assert "merged" not in run("add", "other", "--id", "y", "--md5", MD5, "--no-merge")[1][0]
    assert run("add", "other", "--id", "z", "--md5", MD5)[1][0]["merged"]["entries"] == 3


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["build", "partner"], 2, "'partner' should be BANK=FILE"),
        (["build", "partner=nowhere.csv"], 2, "nowhere.csv is no file that can be read"),
        (["build", "nobody={list}"], 2, "describes no bank called 'nobody': partner, innocent, other"),
        (["build", "partner={list}"], 1, "list.csv:2: none of pdq, md5, sha1, sha256"),
        (["add", "partner"], 2, "name files, or one entry with --id"),
        (["add", "partner", "{list}"], 1, "nothing was added: 1 problems"),
        (["add", "partner", "--id", "a"], 2, "none of pdq, md5, sha1, sha256"),
        (["add", "partner", "--id", "a", "--pdq", PDQ, "--quality", "49"], 2, "of quality 49 matches strangers"),
        (["add", "partner", "{list}", "--md5", MD5], 2, "digests go with --id"),
        (["add", "partner", "nowhere"], 2, "nowhere is no file"),
        (["remove", "partner"], 2, "name ids, or --from a file, or --all"),
        (["remove", "partner", "a", "--all"], 2, "name ids, or --from a file, or --all"),
        (["remove", "partner", "a b"], 2, "an id has 1 to 128"),
        (["lookup", "abc"], 2, "'abc' is neither 32, 40 or 64 hexadecimal digits nor a file"),
        (["stats", "--store", "nowhere"], 2, "nowhere is not a folder: make it, and a banks.yaml in it"),
    ],
)
def test_wrong_usage_and_bad_lists_change_nothing(
    folder: Path, run: Any, words: list[str], status: int, says: str
) -> None:
    bad = write(folder, f"{HEADER}e1,,,,,\n")
    before = sorted(path.name for path in folder.iterdir())
    found = run(*(word.replace("{list}", bad) for word in words))
    assert found[0] == status
    assert says in found[2]
    assert {*before, "current.json", "delta-0.log", "merge.lock", "write.lock"} >= {p.name for p in folder.iterdir()}


def test_stats_tell_each_bank(folder: Path, run: Any) -> None:
    run("build", "partner=" + write(folder, f"{HEADER}e1,{PDQ},97,,,\n"), "--as-of", "2h")
    run("add", "other", "--id", "x", "--md5", MD5, "--fresh")
    status, (form,), _ = run("stats")
    assert status == 0
    assert (form["generation"], form["base_entries"], form["pdq_hashes"], form["added_since"]) == (1, 1, 1, 1)
    rows = {row["bank"]: row for row in form["banks"]}
    assert [(rows[name]["entries"], rows[name]["added_since"]) for name in ("partner", "other")] == [(1, 0), (0, 1)]
    assert [rows[name]["stale"] for name in ("partner", "other", "innocent")] == [True, False, False]
    assert rows["other"]["fresh_at"] is not None
    assert rows["innocent"]["fresh_at"] is None


def test_verify_tells_damage_and_what_is_unfinished(folder: Path, run: Any) -> None:
    run("build", "partner=" + write(folder, f"{HEADER}e1,,,{MD5},,\n"))
    with (folder / "delta-1.log").open("ab") as file:
        file.write(b"SLXD")
    status, (form,), _ = run("verify")
    assert (status, form["good"], form["torn_bytes"]) == (0, True, 4)
    assert run("add", "other", "--id", "x", "--md5", MD5)[1][0]["torn_bytes"] == 4
    path = next(folder.glob("base-*.snap"))
    data = bytearray(path.read_bytes())
    data[data.index(bytes.fromhex(MD5))] ^= 1
    path.write_bytes(data)
    status, (form,), _ = run("verify")
    assert (status, form["good"]) == (1, False)
    assert "md5-digests is damaged" in form["problem"]


def test_a_store_that_is_none_is_told_by_the_main_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hashes", "lookup", MD5]) == 1
    assert "is no store of hashes: `sluice hashes build` makes one" in capsys.readouterr().err
    append(folder, [change()])
    store(folder, "partner: {}\n")
    assert main(["hashes", "stats"]) == 78
    assert "banks.yaml:1: kind is missing" in capsys.readouterr().err


def test_errors_of_the_system_are_told_and_no_traceback(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("build", "partner=" + write(folder, f"{HEADER}e1,,,{MD5},,\n"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", full)
        assert main(["hashes", "add", "partner", "--id", "x", "--md5", MD5]) == 1
    assert capsys.readouterr().err == "sluice: No space left on device\n"
    next(folder.glob("base-*.snap")).unlink()
    for words in (["stats"], ["lookup", MD5], ["merge"]):
        assert main(["hashes", *words]) == 1, words
        assert next(iter(capsys.readouterr().err.splitlines())).startswith(f"sluice: {folder}/base-"), words
    status, (form,), _ = run("verify")
    assert (status, form["good"]) == (1, False)
    assert "is missing: put it back from a copy of the store, or build the store anew" in form["problem"]


def test_the_lists_of_all_banks_mend_a_store_and_say_so(folder: Path, run: Any) -> None:
    one = write(folder, f"{HEADER}e1,,,{MD5},,\n")
    run("build", f"partner={one}")
    run("add", "other", "--id", "x", "--md5", MD5)
    path = next(folder.glob("base-*.snap"))
    path.write_bytes(path.read_bytes()[:-1])
    status, (form,), _ = run("build", *(f"{bank}={one}" for bank in ("partner", "innocent", "other")))
    assert (status, "cut off or added to" in form["old_store_damaged"]) == (0, True)
    assert run("verify")[1][0]["good"]
    assert {row[0] for row in found(run, MD5)} == {"partner", "innocent", "other"}
    assert run("build", f"partner={one}")[1][0]["old_store_damaged"] is None


def test_verify_tells_a_last_record_that_is_not_what_was_written(folder: Path, run: Any) -> None:
    run("add", "partner", "--id", "x", "--md5", MD5)
    delta = folder / "delta-0.log"
    delta.write_bytes(delta.read_bytes()[:-1] + b"?")
    status, (form,), _ = run("verify")
    assert (status, form["good"]) == (1, False)
    assert "is not what was written" in form["problem"]


def test_bad_lines_are_left_out_and_the_rest_of_a_file_never_is(folder: Path, run: Any) -> None:
    half = folder.parent / "half.csv"
    half.write_bytes(f"id,md5\ne1,{MD5}\n".encode() + b"e2,\xff\n" + f"e3,{MD5}\n".encode())
    for words in (["build", f"partner={half}"], ["add", "partner", str(half)]):
        status, rows, said = run(*words, "--skip-bad")
        assert (status, rows) == (1, []), words
        assert f"{half}:3: not UTF-8" in said, words


def test_a_moment_that_no_date_can_tell_breaks_no_stats(folder: Path, run: Any) -> None:
    append(folder, [change(fresh={"partner": 10**17})])
    rows = {row["bank"]: row for row in run("stats")[1][0]["banks"]}
    assert (rows["partner"]["fresh_at"], rows["partner"]["stale"]) == ("9999-12-31T23:59:59Z", True)

"""`sluice provenance verify`, as a shell sees it."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from c2pa_signer.asset import sign_asset
from sluice.cli import provenance_verify
from sluice.cli.main import main
from sluice.errors import RetryableError
from sluice.local.authority import issue_chain
from sluice.local.certificates import ensure_chain
from tests.unit.signing import FACTS, anchor, picture, signer


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    for name in ("SLUICE_C2PA_ANCHORS", "SLUICE_C2PA_STAMP_ANCHORS", "SLUICE_C2PA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    signing = signer(tmp_path)
    (tmp_path / "signed.jpg").write_bytes(sign_asset(signing, FACTS, picture()).data)
    (tmp_path / "bare.png").write_bytes(picture("PNG"))
    (tmp_path / "changed.jpg").write_bytes((tmp_path / "signed.jpg").read_bytes() + b"more")
    (tmp_path / "anchor.pem").write_text(anchor())
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command; returns its exit status, its lines of JSON, and what it said."""

    def once(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        try:
            status = main(["provenance", "verify", *words])
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return status, [json.loads(line) for line in said.out.splitlines()], said.err

    return once


def test_a_trusted_picture_exits_with_zero(home: Path, run: Any) -> None:
    status, (form,), _ = run("--anchors", "anchor.pem", "signed.jpg")
    assert (status, form["trusted"], form["file"]) == (0, True, "signed.jpg")
    assert form["decision"]["request_id"] == FACTS.request_id


def test_one_that_is_not_makes_it_one_and_the_others_are_told_all_the_same(home: Path, run: Any) -> None:
    files = ("signed.jpg", "bare.png", "changed.jpg", "missing", "anchor.pem", ".", "signed.jpg")
    status, forms, _ = run("--anchors", "anchor.pem", *files)
    assert status == 1
    assert [form["file"] for form in forms] == list(files)
    assert [form["state"] for form in forms] == [
        "trusted",
        "none",
        "invalid",
        "unread",
        "unread",
        "unread",
        "trusted",
    ]
    assert forms[2]["failures"][0]["code"] == "assertion.dataHash.mismatch"
    assert "AVIF, GIF, HEIC, JPEG, PNG, TIFF, WEBP" in forms[4]["reason"]


def test_a_stranger_is_not_trusted(home: Path, run: Any) -> None:
    ensure_chain(home / "home")
    status, (form,), _ = run("signed.jpg")
    assert (status, form["state"]) == (1, "valid")
    assert "none of the trust anchors" in form["reason"]


def test_the_development_root_is_trusted_unless_something_else_is_said(
    home: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "home" / "certs").mkdir(parents=True)
    (home / "home" / "certs" / "root.pem").write_text(anchor())
    assert run("signed.jpg")[0] == 0
    (home / "home" / "certs" / "root.pem").unlink()
    monkeypatch.setenv("SLUICE_C2PA_ANCHORS", "anchor.pem")
    assert run("signed.jpg")[0] == 0


def test_a_name_says_nothing_about_a_file(home: Path, run: Any) -> None:
    (home / "picture.png").write_bytes((home / "signed.jpg").read_bytes())
    assert run("--anchors", "anchor.pem", "picture.png")[0] == 0


def test_standard_input_is_read(home: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((home / "signed.jpg").read_bytes())))
    status, (form,), _ = run("--anchors", "anchor.pem", "-")
    assert (status, form["file"]) == (0, "-")
    assert run("--anchors", "anchor.pem", "-", "-")[0] == 2


@pytest.mark.parametrize(
    ("words", "status"),
    [((), 2), (("--anchors", "missing.pem", "signed.jpg"), 2), (("--what", "signed.jpg"), 2), (("signed.jpg",), 78)],
)
def test_wrong_usage_looks_at_no_picture(home: Path, run: Any, words: tuple[str, ...], status: int) -> None:
    found = run(*words)
    assert found[:2] == (status, [])
    assert found[2]


def test_a_reader_that_does_not_start_is_no_verdict(home: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RetryableError("the child did not start")

    monkeypatch.setattr(provenance_verify, "read_credentials", broken)
    status, (form,), _ = run("--anchors", "anchor.pem", "signed.jpg")
    assert (status, form["state"], form["reason"]) == (1, "unread", "the child did not start")


def test_people_get_lines(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(provenance_verify, "wants_json", lambda asked: asked)
    with pytest.raises(SystemExit) as ended:
        main(["provenance", "verify", "--anchors", "anchor.pem", "signed.jpg", "bare.png"])
    assert ended.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "signed.jpg: trusted"
    assert lines[-1] == "bare.png: not trusted: it has no credentials"
    assert any(line.split() == ["request", "id", FACTS.request_id] for line in lines)


def test_roots_for_timestamps_are_trusted_with_nothing_else(
    home: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "other.pem").write_bytes(issue_chain()["root.pem"])
    status, (form,), _ = run("--anchors", "other.pem", "--stamp-anchors", "anchor.pem", "signed.jpg")
    assert (status, form["state"]) == (1, "valid")
    monkeypatch.setenv("SLUICE_C2PA_STAMP_ANCHORS", "anchor.pem")
    status, (form,), _ = run("--anchors", "other.pem", "signed.jpg")
    assert (status, form["state"]) == (1, "valid")
    status, (form,), _ = run("--anchors", "anchor.pem", "signed.jpg")
    assert (status, form["state"]) == (0, "trusted")
    monkeypatch.setenv("SLUICE_C2PA_STAMP_ANCHORS", "missing.pem")
    status, _, said = run("--anchors", "anchor.pem", "signed.jpg")
    assert status == 78
    assert "SLUICE_C2PA_STAMP_ANCHORS: missing.pem cannot be read" in said
    status, _, said = run("--stamp-anchors", "signed.jpg", "--anchors", "anchor.pem", "signed.jpg")
    assert status == 2
    assert "--stamp-anchors: signed.jpg is no file of certificates" in said

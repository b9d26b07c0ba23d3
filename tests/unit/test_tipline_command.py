"""`sluice incidents schema`, asked of the simulator."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.simulators.cybertipline.api import BASE, Api
from deploy.simulators.cybertipline.server import Server, serving
from reporter.tipline.schema import own_schema
from sluice.cli.main import main
from sluice.errors import EX_CONFIG


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """The simulator, which the environment names as the tip line."""
    with serving(Api("user", "word")) as found:
        told = {"URL": f"http://127.0.0.1:{found.port}{BASE}", "USER": "user", "PASSWORD": "word", "SECONDS": "10"}
        for name in ("USER_FILE", "PASSWORD_FILE", "CA", "SIMULATOR", "UPLOAD_SECONDS"):
            monkeypatch.delenv(f"SLUICE_TIPLINE_{name}", raising=False)
        for name, value in told.items():
            monkeypatch.setenv(f"SLUICE_TIPLINE_{name}", value)
        # It is about to be fetched.
        monkeypatch.setenv("SLUICE_TIPLINE_SCHEMA", str(tmp_path / "ncmec.xsd"))
        yield found


def fetched(path: Path) -> int:
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main(["incidents", "schema", "--fetch", str(path)]))
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("server")
def test_it_is_written_and_its_digest_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ncmec.xsd"
    assert fetched(path) == 0
    assert path.read_bytes() == own_schema()
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], len(told["sha256"])) == (str(path), 64)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "code", "value": 2000}, "(code 2000)"),
        ({"kind": "status", "value": 500}, BASE),
        ({"kind": "garbage-after"}, "cannot be checked by"),
    ],
)
def test_what_cannot_be_checked_by_leaves_the_old_file(
    fault: dict[str, object], words: str, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ncmec.xsd"
    path.write_text("the old one")
    server.api.faults.put({"call": "xsd", **fault})
    assert fetched(path) == 1
    assert words in capsys.readouterr().err
    assert path.read_text() == "the old one"


@pytest.mark.usefixtures("server")
def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetched(tmp_path / "none" / "ncmec.xsd") == 1
    assert "cannot be written" in capsys.readouterr().err


def test_without_a_tip_line_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLUICE_TIPLINE_URL", raising=False)
    assert fetched(tmp_path / "ncmec.xsd") == EX_CONFIG
    assert "SLUICE_TIPLINE_URL is not set" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

"""`sluice hashes sync`, against a server that plays NCMEC."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.cli import hashes_sync as module
from sluice.cli.hashes import app
from sluice.errors import ConfigError
from tests.unit import ncmec_server as played
from tests.unit.exchange_server import Server, serving
from tests.unit.hash_store import store
from tests.unit.hash_sync import BANKS, held, md5_of
from tests.unit.ncmec_server import PASSWORD, USER, Item

Run = Callable[..., tuple[int, str, str]]
NOW = int(time.time()) - 3600


class EndedError(BaseException):
    """Somebody ends the watch."""


@pytest.fixture
def there() -> played.Ncmec:
    return played.Ncmec()


@pytest.fixture
def server(there: played.Ncmec) -> Iterator[Server]:
    with serving(there.answers) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = store(tmp_path / "hashes", BANKS)
    (found / "sources.yaml").write_text(
        "first:\n  exchange: ncmec\n  bank: partner\n  environment: test_Industry\n  user_from: THEIR_USER\n"
        f"  password_from: THEIR_PASSWORD\n  url: {server.url}\n"
    )
    monkeypatch.setenv("THEIR_USER", USER)
    monkeypatch.setenv("THEIR_PASSWORD", PASSWORD)
    return found


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; returns its exit status and what it wrote."""

    def once(*words: str) -> tuple[int, str, str]:
        status = 0
        try:
            app(args=["sync", "--store", str(folder), *words], prog_name="sluice hashes")
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return once


def item(name: str, **prints: str) -> Item:
    return Item(name, NOW, prints or {"md5": md5_of(name)})


def test_one_round(folder: Path, there: played.Ncmec, run: Run) -> None:
    there.put(item("a"), item("b", pdna="1,2"))
    status, out, _ = run("--json")
    form = json.loads(out)
    assert (status, form["good"], form["put"], form["without_digest"]) == (0, True, 1, 1)
    assert form["other_digests"] == {"pdna": 1}
    assert held(folder) == {"42-a"}


def test_a_refusal_says_no_secret(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEIR_PASSWORD", "another-secret")
    status, out, err = run("first", "--json")
    assert (status, json.loads(out)["good"]) == (1, False)
    assert "401" in err
    assert "another-secret" not in out + err + "".join(path.read_text(errors="replace") for path in folder.iterdir())


@pytest.mark.parametrize("words", [("unheard-of",), ("--every", "soon"), ("--watch", "--anew")])
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2


def test_a_variable_that_is_not_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THEIR_PASSWORD")
    with pytest.raises(ConfigError, match="THEIR_PASSWORD should be set: the password of source first"):
        run()


def test_watching(
    folder: Path, there: played.Ncmec, server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round that fails is no end; the next one has what came meanwhile."""
    waits: list[float] = []
    text = (folder / "sources.yaml").read_text()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            server.fails = [400]
        elif len(waits) == 2:
            (folder / "sources.yaml").write_text("first: [")
        elif len(waits) == 3:
            (folder / "sources.yaml").write_text(text)
            there.put(Item("b", int(time.time()) - 20, {"md5": md5_of("b")}))
        else:
            raise EndedError

    monkeypatch.setattr(module, "pause", sleep)
    there.put(item("a"))
    with pytest.raises(EndedError):
        run("--watch", "--every", "30s")
    assert waits == [30, 30, 30, 30]
    assert held(folder) == {"42-a", "42-b"}

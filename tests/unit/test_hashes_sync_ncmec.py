"""NCMEC's client, against a server that plays it: what is listed is held, whatever happens on the way."""

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.errors import TerminalError
from sluice.hashes.sync.exchange import RefusedError, SenselessError
from sluice.hashes.sync.ncmec import Ncmec
from sluice.hashes.sync.sources import Source
from tests.unit import ncmec_server as played
from tests.unit.exchange_server import Answer, Asked, Server, serving
from tests.unit.hash_store import store
from tests.unit.hash_sync import BANKS, World, found, fresh, held, md5_of, pdq_of
from tests.unit.ncmec_server import PASSWORD, USER, Item

NOW = int(time.time()) - 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store(tmp_path / "hashes", BANKS)


@pytest.fixture
def there() -> played.Ncmec:
    return played.Ncmec()


@pytest.fixture
def server(there: played.Ncmec) -> Iterator[Server]:
    with serving(there.answers) as found:
        yield found


def exchange(server: Server, password: str = PASSWORD) -> Ncmec:
    source = Source("first", "ncmec", "partner", {"environment": "Industry"}, url=server.url)
    return Ncmec(source, {"user": USER, "password": password})


def item(name: str, at_s: int = NOW, **prints: str) -> Item:
    return Item(name, at_s, prints or {"md5": md5_of(name), "pdq": pdq_of(name)})


def test_everything_then_what_changed(folder: Path, there: played.Ncmec, server: Server) -> None:
    there.put(item("a", NOW - 90_000_000), *(item(name) for name in "bcde"))
    done = World().sync(folder, exchange(server))
    assert held(folder) == {f"42-{name}" for name in "abcde"}
    assert (done.whole, done.counts.removed) == ("it was never fetched", 0)
    first, asked = fresh(folder), len(server.asked)
    assert abs(first / 1000 - time.time()) < 60

    there.put(Item("b", int(time.time()) - 20, deleted=True), item("f", int(time.time()) - 20))
    done = World().sync(folder, exchange(server))
    assert held(folder) == {f"42-{name}" for name in "acdef"}
    assert (done.whole, done.counts.put, done.counts.removed) == ("", 1, 1)
    assert len(server.asked) == asked + 1
    assert fresh(folder) > first


def test_digests_are_taken_by_kind(folder: Path, there: played.Ncmec, server: Server) -> None:
    there.put(
        item("all", md5=md5_of("all").upper(), sha1="ab" * 20, pdq=pdq_of("all"), pdna="12,34"),
        item("none", pdna="12,34", netclean="zz"),
        item("bad", md5="no digest"),
        Item("film", NOW, {"md5": md5_of("film"), "tmk_pdqf": "long"}, kind="video"),
    )
    counts = World().sync(folder, exchange(server)).counts
    assert held(folder) == {"42-all", "42-film"}
    assert found(folder, "all") == {"42-all"}
    assert (counts.others, counts.without, counts.malformed) == ({"pdna": 2, "netclean": 1, "tmk_pdqf": 1}, 2, 1)


def test_an_entry_that_lost_its_digests_is_removed(folder: Path, there: played.Ncmec, server: Server) -> None:
    there.put(item("a"), item("b"))
    World().sync(folder, exchange(server))
    there.put(item("a", int(time.time()) - 20, pdna="12,34"))
    World().sync(folder, exchange(server))
    assert held(folder) == {"42-b"}


def test_a_server_that_is_away_for_a_moment(folder: Path, there: played.Ncmec, server: Server) -> None:
    there.put(*(item(name) for name in "abcde"))
    server.fails = [503, 429, 0, 500, 0]
    World().sync(folder, exchange(server))
    assert held(folder) == {f"42-{name}" for name in "abcde"}


def test_a_refusal_says_so_and_no_secret(folder: Path, server: Server) -> None:
    world = World()
    with pytest.raises(RefusedError, match="NCMEC refuses us: HTTP 401") as error:
        world.sync(folder, exchange(server, "wrong-secret"))
    assert "wrong-secret" not in str(error.value)
    assert (world.pauses, len(server.asked), fresh(folder)) == ([], 1, 0)


def test_a_request_that_is_not_taken_is_not_sent_again(folder: Path, server: Server) -> None:
    server.fails = [400]
    with pytest.raises(TerminalError, match="HTTP 400"):
        World().sync(folder, exchange(server))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<queryResult><images",
        b'<queryResult><images maxTimestamp="yesterday"><image/></images></queryResult>',
        b'<r><images maxTimestamp="2026-01-01T00:00:00Z"><sound><id>1</id><member id="2"/></sound></images></r>',
    ],
)
def test_an_answer_that_makes_no_sense(folder: Path, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    def answers(_: Asked) -> Answer:
        return Answer(body)

    with serving(answers) as server, pytest.raises(SenselessError, match="does not understand"):
        World().sync(folder, exchange(server))
    assert fresh(folder) == 0
    assert not caplog.records


def test_a_run_that_was_ended_goes_on_within_a_range(folder: Path, there: played.Ncmec, server: Server) -> None:
    there.put(*(item(f"{number}") for number in range(9)))
    first = []
    for page in exchange(server).pages({"since_s": NOW + 30}):
        first.append(page)
        if page.checkpoint.get("page"):
            break
    asked = len(server.asked)
    rest = [update.id for page in exchange(server).pages(first[-1].checkpoint) for update in page.updates]
    had = [update.id for page in first for update in page.updates]
    assert {*had, *rest} == {f"42-{number}" for number in range(9)}
    assert had
    assert not {*had} & {*rest[:5]}
    assert server.asked[asked].query["start"]


def test_a_place_that_the_server_forgot(folder: Path, there: played.Ncmec, server: Server) -> None:
    there.put(*(item(f"{number}") for number in range(9)))
    pages = exchange(server).pages({"since_s": NOW + 30})
    at = next(page.checkpoint for page in pages if page.checkpoint.get("page"))
    (folder / "sync-first.json").write_text(
        json.dumps(
            {
                "format": 1,
                "identity": Source("first", "ncmec", "partner", {"environment": "Industry"}, url=server.url).identity,
                "checkpoint": at,
                "at_ms": 1,
                "entries": 0,
                "fresh_ms": 0,
                "fresh_before_ms": 0,
            }
        )
    )
    there.page = 20
    there.forgets = True
    world = World()
    source = Source("first", "ncmec", "partner", {"environment": "Industry"}, url=server.url)
    world.sync(folder, exchange(server), source)
    assert len(held(folder)) == 9
    assert "does not know where we were" in world.said[0]


def test_the_clients_words_are_not_logged(folder: Path, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    World().sync(folder, exchange(server))
    assert not caplog.records


def test_a_machine_in_another_zone(
    folder: Path, there: played.Ncmec, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.put(item("a"))
    try:
        with monkeypatch.context() as patched:
            patched.setenv("TZ", "XYZ+11")
            time.tzset()
            World().sync(folder, exchange(server))
    finally:
        time.tzset()
    assert held(folder) == {"42-a"}

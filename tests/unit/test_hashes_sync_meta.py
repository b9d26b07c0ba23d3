"""ThreatExchange's client, against a server that plays it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluice.errors import TerminalError
from sluice.hashes.sync.exchange import AwayError, RefusedError, SenselessError
from sluice.hashes.sync.meta import Meta
from sluice.hashes.sync.sources import Source
from tests.unit.exchange_server import Answer, Asked, Server, serving
from tests.unit.hash_store import store
from tests.unit.hash_sync import BANKS, World, found, fresh, held, md5_of, pdq_of

TOKEN = "12345678|a-token-of-theirs-0123456789"


class Played:
    """Updates of a privacy group in the order of time; a next page's address has the token in it."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.url = ""

    def put(self, number: int, at_s: int, kind: str, value: str, *statuses: str, gone: bool = False) -> None:
        self.updates = [one for one in self.updates if one["id"] != str(number)]
        form = {"id": str(number), "indicator": value, "type": kind, "last_updated": at_s, "should_delete": gone}
        said = [
            {"id": "9", "owner": {"id": "7"}, "status": status, "tags": []} for status in statuses or ("MALICIOUS",)
        ]
        self.updates.append(form if gone else {**form, "descriptors": {"data": said}})

    def answers(self, asked: Asked) -> Answer:
        if asked.query.get("access_token") != TOKEN:
            return Answer.of({"error": {"code": 190, "message": "no", "type": "OAuthException"}}, 400)
        if asked.path != "/v1/555/threat_updates/":
            return Answer.of({"error": {"code": 100, "message": "no"}}, 400)
        since, first = int(asked.query.get("start_time", 0)), int(asked.query.get("after", 0))
        left = [one for one in self.updates if one["last_updated"] >= since][first:]
        form: dict[str, Any] = {"data": left[:2]}
        if len(left) > 2:
            start = f"&start_time={since}" if since else ""
            form["paging"] = {"next": f"{self.url}{asked.path}?access_token={TOKEN}&after={first + 2}{start}"}
        return Answer.of(form)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store(tmp_path / "hashes", BANKS)


@pytest.fixture
def there() -> Played:
    return Played()


@pytest.fixture
def server(there: Played) -> Iterator[Server]:
    with serving(there.answers) as found:
        there.url = found.url
        yield found


def exchange(server: Server, token: str = TOKEN, group: str = "555") -> Meta:
    source = Source("first", "threatexchange", "partner", {"privacy_group": group}, url=f"{server.url}/v1")
    return Meta(source, {"token": token})


def test_everything_then_what_changed(folder: Path, there: Played, server: Server) -> None:
    there.put(1, 5000, "HASH_PDQ", pdq_of("a"))
    there.put(2, 5000, "HASH_MD5", md5_of("b"), "UNKNOWN")
    there.put(3, 5000, "HASH_SHA256", "ab" * 32, "NON_MALICIOUS", "MALICIOUS")
    there.put(4, 5001, "HASH_MD5", md5_of("d"), "NON_MALICIOUS")
    there.put(5, 5002, "HASH_TMK", "long")
    done = World().sync(folder, exchange(server))
    assert held(folder) == {"1", "2", "3"}
    assert (done.counts.others, done.counts.pages) == ({"said to be harmless": 1, "hash_tmk": 1}, 3)

    there.put(2, 6000, "HASH_MD5", md5_of("b"), gone=True)
    there.put(1, 6001, "HASH_PDQ", pdq_of("a"), "NON_MALICIOUS")
    asked = len(server.asked)
    World().sync(folder, exchange(server))
    assert (held(folder), found(folder, "b")) == ({"3"}, set())
    # A minute is asked for again.
    assert server.asked[asked].query["start_time"] == "4942"
    assert fresh(folder)


def test_the_token_is_nowhere_in_the_store(folder: Path, there: Played, server: Server) -> None:
    for number in range(5):
        there.put(number, 5000 + number, "HASH_MD5", md5_of(str(number)))
    world = World()
    server.fails = [0, 401]
    with pytest.raises(RefusedError) as error:
        world.sync(folder, exchange(server))
    text = "".join(path.read_text(errors="replace") for path in folder.iterdir())
    assert TOKEN not in text + str(error.value) + "".join(world.said)
    assert held(folder) == {"0", "1"}
    World().sync(folder, exchange(server))
    assert len(held(folder)) == 5


def test_what_graph_says(folder: Path, server: Server) -> None:
    with pytest.raises(RefusedError, match="error 190"):
        World().sync(folder, exchange(server, "wrong"))
    with pytest.raises(TerminalError, match="HTTP 400"):
        World().sync(folder, exchange(server, group="556"))


def test_too_many_requests(folder: Path) -> None:
    def answers(_: Asked) -> Answer:
        return Answer.of({"error": {"code": 4, "message": "later"}}, 400)

    world = World()
    with serving(answers) as server, pytest.raises(AwayError, match="error 4"):
        world.sync(folder, exchange(server))
    assert len(world.pauses) == 5


def test_an_answer_that_makes_no_sense(folder: Path) -> None:
    def answers(_: Asked) -> Answer:
        return Answer.of({"data": [{"id": "x"}]})

    with serving(answers) as server, pytest.raises(SenselessError):
        World().sync(folder, exchange(server))

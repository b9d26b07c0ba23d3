"""Tech Against Terrorism's client, against a server that plays it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from sluice.hashes.sync.exchange import RefusedError, SenselessError
from sluice.hashes.sync.sources import Source
from sluice.hashes.sync.tat import Tat
from tests.unit.exchange_server import Answer, Asked, Server, serving
from tests.unit.hash_store import store
from tests.unit.hash_sync import BANKS, World, found, fresh, held, md5_of, pdq_of


class Played:
    """Entries in the order of changes, so many to a page, behind a token that a password gets."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put(self, number: int, at_s: float, algorithm: str, digest: str, deleted: bool = False) -> None:
        self.entries = [one for one in self.entries if one["id"] != number]
        self.entries.append(
            {
                "hash_digest": digest,
                "algorithm": algorithm,
                "ideology": "all",
                "file_type": "jpg",
                "deleted": deleted,
                "updated_on": at_s,
                "created_on": "2026-01-01T00:00:00Z",
                "id": number,
            }
        )

    def answers(self, asked: Asked) -> Answer:
        if asked.path == "/token-auth/tcap/":
            form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            good = (form["username"], form["password"]) == ("a-member", "a-secret")
            return Answer.of({"user": {}, "token": "a-token"}) if good else Answer(b"", 401)
        if asked.path != "/api/hash-list/v2/all" or asked.headers.get("Authorization") != "Bearer a-token":
            return Answer(b"", 403)
        after = asked.query.get("after", "")
        place = (float(after.split(",")[0]), int(after.split(",")[1])) if after else (0.0, 0)
        left = [one for one in self.entries if (one["updated_on"], one["id"]) > place]
        shown = left[:2]
        return Answer.of(
            {
                "count": len(left),
                "next": "limit=2&offset=2" if len(left) > 2 else None,
                "previous": None,
                "checkpoint": f"{shown[-1]['updated_on']},{shown[-1]['id']}" if shown else None,
                "results": shown,
            }
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store(tmp_path / "hashes", BANKS)


@pytest.fixture
def there() -> Played:
    return Played()


@pytest.fixture
def server(there: Played) -> Iterator[Server]:
    with serving(there.answers) as found:
        yield found


def exchange(server: Server, password: str = "a-secret") -> Tat:
    return Tat(Source("first", "tat", "other", url=server.url), {"user": "a-member", "password": password})


SOURCE = Source("first", "tat", "other")


def test_everything_then_what_changed(folder: Path, there: Played, server: Server) -> None:
    there.put(1, 1700000000.5, "PDQ", pdq_of("a"))
    there.put(2, 1700000000.5, "MD5", md5_of("b"))
    there.put(3, 1700000001.0, "SHA256", "ab" * 32)
    there.put(4, 1700000002.0, "BLAKE3", "ab" * 32)
    there.put(5, 1700000003.0, "SHA1", "ab" * 20)
    done = World().sync(folder, exchange(server), SOURCE)
    assert held(folder, "other") == {"1", "2", "3", "5"}
    assert (found(folder, "b"), done.counts.others, done.counts.pages) == ({"2"}, {"blake3": 1}, 3)

    there.put(2, 1700000009.0, "MD5", md5_of("b"), deleted=True)
    done = World().sync(folder, exchange(server), SOURCE)
    assert (held(folder, "other"), done.counts.removed, done.counts.pages) == ({"1", "3", "5"}, 1, 1)
    assert World().sync(folder, exchange(server), SOURCE).counts.removed == 0
    assert fresh(folder, "other")


def test_away_in_the_middle(folder: Path, there: Played, server: Server) -> None:
    for number in range(1, 6):
        there.put(number, 1700000000.0 + number, "MD5", md5_of(str(number)))
    # A token and a page; then the next token is not given, which the client itself does not ask for again.
    server.fails = [0, 0, 503]
    world = World()
    assert world.sync(folder, exchange(server), SOURCE).retries == 1
    assert world.said[1] == "first: Tech Against Terrorism does not answer: HTTP 503; trying again in 1 s"
    assert len(held(folder, "other")) == 5


def test_a_refusal_says_no_secret(folder: Path, server: Server) -> None:
    with pytest.raises(RefusedError, match="HTTP 401") as error:
        World().sync(folder, exchange(server, "wrong-secret"), SOURCE)
    assert "wrong-secret" not in str(error.value)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"count": 1, "next": None, "previous": None, "checkpoint": "1,1", "results": [{"id": 1}]},
        {"count": 1, "next": "more", "previous": None, "checkpoint": None, "results": []},
        {"count": 1, "next": None, "previous": None, "checkpoint": "yesterday", "results": []},
    ],
)
def test_an_answer_that_makes_no_sense(folder: Path, form: object) -> None:
    def answers(asked: Asked) -> Answer:
        return Answer.of({"token": "t"} if asked.method == "POST" else form)

    with serving(answers) as server, pytest.raises(SenselessError):
        World().sync(folder, exchange(server), SOURCE)
    assert fresh(folder, "other") == 0

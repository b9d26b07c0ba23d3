"""StopNCII's client, against a server that plays it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluice.hashes.sync.exchange import RefusedError, SenselessError
from sluice.hashes.sync.sources import Source
from sluice.hashes.sync.stopncii import StopNcii
from tests.unit.exchange_server import Answer, Asked, Server, serving
from tests.unit.hash_store import store
from tests.unit.hash_sync import BANKS, World, found, fresh, held, md5_of, pdq_of


class Played:
    """Records by time; a page's token is how many were had."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.forgets = False

    def put(self, at_s: int, kind: str, value: str, status: str = "Active") -> None:
        self.records = [one for one in self.records if one["hashValue"] != value]
        self.records.append(
            {
                "lastModtimestamp": at_s,
                "signalType": kind,
                "hashValue": value,
                "hashStatus": status,
                "caseNumbers": {"1": "Active"},
                "CSPFeedbacks": [{"source": "a", "feedbackValue": "Blocked", "tags": []}],
            }
        )

    def answers(self, asked: Asked) -> Answer:
        keys = (asked.headers.get("x-functions-key"), asked.headers.get("Ocp-Apim-Subscription-Key"))
        if keys != ("their-function", "their-subscription"):
            return Answer(b"", 403)
        if asked.path != "/v1/FetchHashes":
            return Answer(b"", 404)
        first = int(asked.query.get("nextPageToken", 0))
        if first and self.forgets:
            self.forgets = False
            return Answer(b"", 410)
        since = [one for one in self.records if one["lastModtimestamp"] >= int(asked.query["startTimestamp"])]
        shown, more = since[first : first + 2], first + 2 < len(since)
        return Answer.of(
            {
                "count": len(shown),
                "nextPageToken": str(first + 2) if more else None,
                "nextSetTimestamp": max((one["lastModtimestamp"] for one in shown), default=0) + 1,
                "hasMoreRecords": more,
                "hashRecords": shown,
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


def exchange(server: Server, function_key: str = "their-function") -> StopNcii:
    source = Source("first", "stopncii", "partner", url=f"{server.url}/v1")
    return StopNcii(source, {"subscription_key": "their-subscription", "function_key": function_key})


def test_everything_then_what_changed(folder: Path, there: Played, server: Server) -> None:
    for at, name in enumerate("abcde"):
        there.put(1000 + at, "ImagePDQ", pdq_of(name))
    there.put(1010, "VideoMD5", md5_of("film"))
    there.put(1011, "Text", "words")
    done = World().sync(folder, exchange(server))
    assert (len(held(folder)), done.counts.put, done.counts.others) == (6, 6, {"text": 1})
    assert len(found(folder, "film")) == 1
    # An entry is not called by its hash.
    assert not any(pdq_of("a") in one for one in held(folder))
    first = fresh(folder)

    there.put(1020, "ImagePDQ", pdq_of("b"), "Withdrawn")
    there.put(1021, "VideoMD5", md5_of("film"), "Deleted")
    there.put(1022, "ImagePDQ", pdq_of("f"))
    asked = len(server.asked)
    done = World().sync(folder, exchange(server))
    assert (len(held(folder)), done.counts.removed, found(folder, "film")) == (5, 2, set())
    assert server.asked[asked].query["startTimestamp"] == "1012"
    assert fresh(folder) >= first


def test_a_token_that_was_forgotten(folder: Path, there: Played, server: Server) -> None:
    for number, name in enumerate("abcde"):
        there.put(1000 + number, "ImagePDQ", pdq_of(name))
    pages = exchange(server).pages(None)
    next(pages)
    at = next(pages).checkpoint
    assert at == {"since_s": 10, "page": "4"}
    assert [len(page.updates) for page in exchange(server).pages(at)] == [1]
    server.fails = [0, 503, 503, 503, 503, 503]
    there.forgets = True
    world = World()
    assert world.sync(folder, exchange(server)).retries == 2
    assert "does not know where we were" in world.said[2]
    assert len(held(folder)) == 5


def test_records_that_the_client_passes_over_are_counted(folder: Path, there: Played, server: Server) -> None:
    there.put(1000, "ImagePDQ", pdq_of("a"))
    there.put(1001, "ImageOfTomorrow", "ab")
    counts = World().sync(folder, exchange(server)).counts
    assert (counts.put, counts.unread) == (1, 1)


def test_a_refusal(folder: Path, server: Server) -> None:
    with pytest.raises(RefusedError, match="StopNCII refuses us: HTTP 403"):
        World().sync(folder, exchange(server, "wrong"))


@pytest.mark.parametrize(
    "form",
    [
        [],
        {"hashRecords": []},
        {"count": 0, "nextPageToken": None, "nextSetTimestamp": 1, "hasMoreRecords": True, "hashRecords": []},
    ],
)
def test_an_answer_that_makes_no_sense(folder: Path, form: object) -> None:
    def answers(_: Asked) -> Answer:
        return Answer.of(form)

    with serving(answers) as server, pytest.raises(SenselessError):
        World().sync(folder, exchange(server))
    assert fresh(folder) == 0

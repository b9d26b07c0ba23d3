"""NCMEC's hash sharing, through threatexchange's client: XML, pages of a range of time, several databases.

A range's entries come in no order of time, so a place within a range is a page's address, which the server forgets
after hours, or the range's begin.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from threatexchange.exchanges.clients.ncmec import hash_api
from threatexchange.exchanges.fetch_state import FetchDelta
from threatexchange.exchanges.impl import ncmec_api

from sluice.hashes.sync.exchange import Checkpoint, Page, Update, asking
from sluice.hashes.sync.mapping import entry_id, split
from sluice.hashes.sync.sources import Source

NAME = "NCMEC"
OVERLAP_S = 60
"""Asked for again each time: an entry may become visible a little after its own time."""

_BEHIND_S = 5
"""The client asks for nothing newer than this."""

Delta = FetchDelta[str, hash_api.NCMECEntryUpdate, ncmec_api.NCMECCheckpoint]


class _Client(hash_api.NCMECHashAPI):
    """The client, wherever the database is."""

    def __init__(self, user: str, password: str, environment: hash_api.NCMECEnvironment, url: str) -> None:
        super().__init__(user, password, environment)
        self._base_url = url or environment.value

    def get_entries(
        self, *, start_timestamp: int = 0, end_timestamp: int = 0, next_: str = ""
    ) -> hash_api.GetEntriesResponse:
        """As the client's own, whose error for a page that it cannot read has the page's content in its words."""
        span = {"from": _date(start_timestamp), "to": _date(end_timestamp or int(time.time()))}
        root = self._get(hash_api.NCMECEndpoint.entries, next_=next_, **span)
        return hash_api.GetEntriesResponse.from_xml(hash_api._XMLWrapper(root), int(time.time()))  # noqa: SLF001 - from_xml takes nothing else


class _Reader(ncmec_api.NCMECSignalExchangeAPI):
    """The client's walk through ranges of time, wherever the database is."""

    def __init__(self, collab: ncmec_api.NCMECCollabConfig, user: str, password: str, url: str) -> None:
        super().__init__(collab, user, password)
        self._url = url

    def get_client(self, environment: hash_api.NCMECEnvironment) -> hash_api.NCMECHashAPI:
        return _Client(self._username, self._password, environment, self._url)


class Ncmec:
    """A database of NCMEC's."""

    most_age_s = 0
    """Deleted entries stay as such."""

    def __init__(self, source: Source, credentials: Mapping[str, str]) -> None:
        environment = hash_api.NCMECEnvironment[source.which["environment"]]
        collab = ncmec_api.NCMECCollabConfig(name=source.name, environment=environment)
        self._reader = _Reader(collab, credentials["user"], credentials["password"], source.url)

    def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
        """See `Exchange`."""
        resuming = bool(checkpoint and checkpoint.get("page"))
        since = _theirs(checkpoint)
        # The client takes a range whose end is not over yet for a mistake of ours.
        while (
            since is not None and since.paging_info and since.paging_info.paging_end_ts >= time.time() - _BEHIND_S - 1
        ):
            time.sleep(0.1)
        deltas = self._reader.fetch_iter((), since)
        while True:
            with asking(NAME, resuming):
                delta = next(deltas, None)
            if delta is None:
                return
            resuming = False
            yield _page(delta)

    def without_place(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """The begin of the range."""
        since = int(checkpoint["since_s"])
        return {"since_s": since} if since else None


def _date(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _theirs(checkpoint: Checkpoint | None) -> ncmec_api.NCMECCheckpoint | None:
    if checkpoint is None:
        return None
    since = int(checkpoint["since_s"])
    if not checkpoint.get("page"):
        return ncmec_api.NCMECCheckpoint(max(0, since - OVERLAP_S))
    place = ncmec_api._NCMECPagingInfo(  # noqa: SLF001 - it has no other name, and a checkpoint is made of it
        str(checkpoint["page"]), int(checkpoint["until_s"]), int(checkpoint["given_s"])
    )
    # One that was given too long ago counts as none.
    return ncmec_api.NCMECCheckpoint(since, place if place.is_valid and place.paging_end_ts <= time.time() else None)


def _page(delta: Delta) -> Page:
    there = delta.checkpoint
    place = there.paging_info
    checkpoint: dict[str, int | str] = {"since_s": there.get_entries_max_ts}
    if place is not None:
        checkpoint |= {"page": place.paging_url, "until_s": place.paging_end_ts, "given_s": place.paging_url_ts}
    return Page(
        [_update(key, found) for key, found in delta.updates.items() if found], checkpoint, there.get_entries_max_ts
    )


def _update(key: str, found: hash_api.NCMECEntryUpdate) -> Update:
    if found.deleted:
        return Update(entry_id(key), None)
    return Update(entry_id(key), *split(found.fingerprints))

"""StopNCII, through threatexchange's client: JSON, pages behind a token, from a time on.

The client's own walk takes a record for deleted when its hash is called "Withdrawn", which none is; so it is walked
here, and what a record's status says counts.
"""

from collections.abc import Iterator, Mapping

import dacite
from threatexchange.exchanges.clients.stopncii import api

from sluice.hashes.sync.exchange import Checkpoint, Page, Update, asking
from sluice.hashes.sync.mapping import entry_id, named, split
from sluice.hashes.sync.sources import Source

NAME = "StopNCII"
_GONE = (api.StopNCIICaseStatus.Withdrawn, api.StopNCIICaseStatus.Deleted)


class _Client(api.StopNCIIAPI):
    """The client, which passes over records that it does not understand. `told`: how many the last page had."""

    told = 0

    def _get(self, endpoint: api.StopNCIIEndpoint, **params: object) -> object:
        form = super()._get(endpoint, **params)
        self.told = len(form["hashRecords"])
        return form


class StopNcii:
    """The list of hashes that people made of their own pictures."""

    most_age_s = 0
    """Records stay, with their status."""

    def __init__(self, source: Source, credentials: Mapping[str, str]) -> None:
        self._client = _Client(
            credentials["subscription_key"], credentials["function_key"], base_url_override=source.url or None
        )

    def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
        """See `Exchange`."""
        since = int(checkpoint["since_s"]) if checkpoint else api.StopNCIIAPI.DEFAULT_START_TIME
        token = str(checkpoint.get("page", "")) if checkpoint else ""
        resuming = bool(token)
        while True:
            with asking(NAME, resuming):
                found = self._fetched(since, token)
                following = str(found.nextPageToken or "")
                if found.hasMoreRecords and following in ("", token):
                    raise ValueError("there is more, and no way to it")
            updates = [_update(record) for record in found.hashRecords]
            unread = self._client.told - len(updates)
            if not found.hasMoreRecords:
                # Its own word for where to begin next time; only the last page's covers all pages.
                yield Page(updates, {"since_s": max(since, found.nextSetTimestamp)}, found.nextSetTimestamp, unread)
                return
            token, resuming = following, False
            yield Page(updates, {"since_s": since, "page": token}, unread=unread)

    def _fetched(self, since: int, token: str) -> api.FetchHashesResponse:
        try:
            return self._client.fetch_hashes(start_timestamp=since, next_page=token)
        except dacite.DaciteError as error:
            raise ValueError(type(error).__name__) from None

    def without_place(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """Where the pages began."""
        return {"since_s": int(checkpoint["since_s"])}


def _update(record: api.StopNCIIHashRecord) -> Update:
    kind = record.signalType.value
    identity = entry_id(named(f"{kind}:{record.hashValue.lower()}"))
    if record.hashStatus in _GONE:
        return Update(identity, None)
    return Update(identity, *split({kind: record.hashValue}))

"""Tech Against Terrorism's hash list, through threatexchange's client: JSON, in the order of changes.

The client's own walk leaves out all but PDQ and MD5 of films, and its pages' addresses; here each page begins behind
the last entry of the one before.
"""

from collections.abc import Iterator, Mapping

from threatexchange.exchanges.clients.techagainstterrorism import api

from sluice.hashes.sync.exchange import Checkpoint, Page, Update, asking
from sluice.hashes.sync.mapping import entry_id, split
from sluice.hashes.sync.sources import Source

NAME = "Tech Against Terrorism"


class Tat:
    """The hash list. An entry is one digest of one file."""

    most_age_s = 0
    """Deleted entries stay as such."""

    def __init__(self, source: Source, credentials: Mapping[str, str]) -> None:
        self._client = api.TATHashListAPI(credentials["user"], credentials["password"])
        if source.url:
            # Set on this one client: its class has no other way to say where the exchange is.
            self._client.BASE_URL = f"{source.url}/"  # type: ignore[misc]  # a ClassVar there

    def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
        """See `Exchange`."""
        after = str(checkpoint["after"]) if checkpoint else ""
        while True:
            with asking(NAME):
                found = self._client.fetch_hashes(after=after)
                behind = str(found.checkpoint or after)
                if found.next and behind == after:
                    raise ValueError("there is more, and no way to it")
                until = int(float(behind.partition(",")[0])) if behind else 0
                updates = [_update(one) for one in found.results]
            after = behind
            yield Page(updates, {"after": after}, until)
            if not found.next:
                return

    def without_place(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """The same: a place is a time and a number."""
        return checkpoint


def _update(found: api.TATHashListEntry) -> Update:
    identity = entry_id(str(found.id))
    if found.deleted:
        return Update(identity, None)
    return Update(identity, *split({str(found.algorithm): str(found.hash_digest)}))

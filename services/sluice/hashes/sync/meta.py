"""Meta's ThreatExchange, through threatexchange's client: a privacy group's updates as JSON, in the order of time.

The address of a next page has the token in it, so it is never saved: a run that was ended goes on from a time.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI
from threatexchange.exchanges.clients.fb_threatexchange.threat_updates import ThreatUpdateJSON
from threatexchange.exchanges.impl.fb_threatexchange_api import FBThreatExchangeIndicatorRecord

from sluice.hashes.sync.exchange import AwayError, Checkpoint, Page, RefusedError, Update, asking
from sluice.hashes.sync.mapping import entry_id, split
from sluice.hashes.sync.sources import Source

NAME = "ThreatExchange"
OVERLAP_S = 60
"""Asked for again each time: updates of one second may be in two pages, and some become visible late."""

HARMLESS = "said to be harmless"
"""Among the kinds that are counted and not matched: whoever said anything of it said NON_MALICIOUS."""

_PAGE = 500
_TOKEN_CODES = (10, 102, 190, 200)
_LATER_CODES = (1, 2, 4, 17, 32, 341, 368, 613)
"""Of Graph's errors, which come as HTTP 400 and 403 whatever they are."""


class _Client(ThreatExchangeAPI):
    """The client, which asks without its own timeouts and retries, with both."""

    def get_json_from_url(
        self, url: str, params: Mapping[str, Any] | None = None, *, json_obj_hook: Callable[..., Any] | None = None
    ) -> Any:
        with self._get_session() as session:  # type: ignore[no-untyped-call]  # the client's own has no types
            response: requests.Response = session.get(url, params=params or {})
        if response.status_code in (400, 403):
            _refuse(response)
        response.raise_for_status()
        return response.json(object_hook=json_obj_hook)


class Meta:
    """What members of a privacy group share."""

    most_age_s = 85 * 86_400
    """Removals are told for ninety days."""

    def __init__(self, source: Source, credentials: Mapping[str, str]) -> None:
        self._client = _Client(credentials["token"], endpoint_override=source.url or None)
        self._group = int(source.which["privacy_group"])

    def pages(self, checkpoint: Checkpoint | None) -> Iterator[Page]:
        """See `Exchange`."""
        highest = int(checkpoint["since_s"]) if checkpoint else 0
        with asking(NAME):
            cursor = self._client.get_threat_updates(
                self._group,
                start_time=max(0, highest - OVERLAP_S) or None,
                page_size=_PAGE,
                fields=("id", *FBThreatExchangeIndicatorRecord.te_threat_updates_fields()),
                decode_fn=ThreatUpdateJSON,
            )
        while not cursor.done:
            with asking(NAME):
                found: list[ThreatUpdateJSON] = cursor.next()  # type: ignore[no-untyped-call]  # has no types
                highest = max([highest, *(one.time for one in found)])
                updates = [_update(one) for one in found]
            yield Page(updates, {"since_s": highest}, highest)

    def without_place(self, checkpoint: Checkpoint) -> Checkpoint | None:
        """The same: a place is a time."""
        return checkpoint


def _refuse(response: requests.Response) -> None:
    """Raises what Graph's error stands for, where it is one that we know."""
    form = response.json()
    error = form.get("error") if isinstance(form, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if code in _TOKEN_CODES:
        raise RefusedError(
            f"{NAME} refuses us: error {code}, the token is wrong, too old, or good for something else"
        )
    if code in _LATER_CODES:
        raise AwayError(f"{NAME} asks to come later: error {code}")


def _update(found: ThreatUpdateJSON) -> Update:
    identity = entry_id(str(found.id))
    if found.should_delete:
        return Update(identity, None)
    said = [one.get("status") for one in found.raw_json["descriptors"]["data"]]
    if said and all(status == "NON_MALICIOUS" for status in said):
        return Update(identity, {}, (HARMLESS,))
    return Update(identity, *split({str(found.threat_type): str(found.indicator)}))

"""Lists of incidents, however many answers of the reporter they take."""

from collections.abc import Iterable, Iterator
from functools import partial
from heapq import merge
from itertools import islice
from typing import Final

from sluice.cli.incidents_ask import answer
from sluice.cli.incidents_form import is_stuck
from sluice.cli.incidents_tell import others
from sluice.v1.reporter_pb2 import (
    INCIDENT_STATE_FAILED,
    INCIDENT_STATE_HELD,
    INCIDENT_STATE_REPORTING,
    IncidentRecord,
    IncidentState,
    ListIncidentsRequest,
    ListIncidentsResponse,
    StateCount,
)
from sluice.v1.reporter_pb2_grpc import ReporterStub

PAGE: Final = 1000
"""Incidents of one answer: more are not told at once."""


def of_states(
    reporter: ReporterStub, states: "list[IncidentState.ValueType]", limit: int, after: str
) -> tuple[list[IncidentRecord], bool]:
    """Those that stand so, behind the one with the id `after`; whether there are more. Raises as `answer`."""
    return _first(_incidents(_pages(reporter, states, limit, after)), limit)


def appealed(reporter: ReporterStub, reference: str) -> list[IncidentRecord]:
    """That whose account's owner was told this appeal reference, if there is one. Raises as `answer`."""
    wanted = reference.strip().upper()
    return [one for one in _incidents(_pages(reporter, [], PAGE, "")) if one.appeal_reference == wanted]


def waiting(reporter: ReporterStub, limit: int, after: str) -> tuple[list[IncidentRecord], bool, str]:
    """Those that a person has to decide about, or whose report has failed, behind the one with the id `after`;
    whether there are more; of a list from the first on, how many go on without a person, in words. Raises as
    `answer`."""
    stuck: list[IncidentRecord] = []
    counts: Iterable[StateCount] = ()
    for page in _pages(reporter, [INCIDENT_STATE_REPORTING], PAGE, after):
        counts = page.counts
        stuck += [one for one in page.incidents if is_stuck(one)]
    undecided = _incidents(_pages(reporter, [INCIDENT_STATE_HELD, INCIDENT_STATE_FAILED], limit, after))
    found, more = _first(merge(undecided, stuck, key=_place), limit)
    return found, more, "" if after else others(counts, len(stuck))


def _pages(
    reporter: ReporterStub, states: "list[IncidentState.ValueType]", limit: int, after: str
) -> Iterator[ListIncidentsResponse]:
    """`limit`: how many are wanted; it is one more than that which tells whether there are more."""
    size = min(limit + 1, PAGE)
    while True:
        page = answer(partial(reporter.ListIncidents, ListIncidentsRequest(states=states, limit=size, after=after)))
        yield page
        if not page.more or not page.incidents:
            return
        after = page.incidents[-1].incident.id


def _incidents(pages: Iterable[ListIncidentsResponse]) -> Iterator[IncidentRecord]:
    for page in pages:
        yield from page.incidents


def _first(found: Iterable[IncidentRecord], limit: int) -> tuple[list[IncidentRecord], bool]:
    told = list(islice(found, limit + 1))
    return told[:limit], len(told) > limit


def _place(one: IncidentRecord) -> tuple[int, str]:
    return one.seen_at_ms, one.incident.id

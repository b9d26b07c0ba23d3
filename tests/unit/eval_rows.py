"""Makers of judged rows for tests of `sluice eval`: short where a test does not care."""

from collections.abc import Mapping

from evaluation.cases import Case
from evaluation.judged import Judged, Outcome
from evaluation.words import Labels
from sluice.check import Person
from sluice.v1.request_pb2 import AgeBand


def outcome(
    unsafe: bool | None = None,
    action: str = "ALLOW",
    *,
    row_id: str = "1",
    groups: Mapping[str, str] | None = None,
    labels: Labels | None = None,
    scores: Mapping[str, float] | None = None,
    rules: tuple[str, ...] = (),
    complete: bool = True,
    person: Person | None = None,
    said: Person | None = None,
    age_band: AgeBand.ValueType = AgeBand.AGE_BAND_UNKNOWN,
) -> Outcome:
    """A row that should (not) be allowed, and what came of it. `person`: who is in it; `said`: who was found."""
    case = Case("rows.jsonl:1", row_id, unsafe, labels, person, groups or {}, age_band, ("a lighthouse",))
    error = "" if action else "UNAVAILABLE"
    return Outcome(case, Judged(action, complete and bool(action), rules, scores or {}, said, error))

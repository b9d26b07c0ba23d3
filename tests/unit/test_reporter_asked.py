"""What callers may ask for."""

from datetime import UTC, datetime

import grpc
import pytest

from reporter.asked import (
    MOST_ID,
    MOST_LIMIT,
    MOST_WHO,
    MOST_WHY,
    after_of,
    id_of,
    limit_of,
    report_id_of,
    states_of,
    who_of,
    why_of,
)
from reporter.incident import Standing
from reporter.tipline.facts import Account, Happening, Person, Reporter, ReportFacts
from reporter.tipline.schema import load_schema, problems_of
from reporter.tipline.write_report import report_document
from sluice.host.refusal import RefusalError
from sluice.v1.reporter_pb2 import INCIDENT_STATE_HELD, INCIDENT_STATE_REPORTED, INCIDENT_STATE_UNSPECIFIED

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_texts_are_taken_without_the_space_around_them() -> None:
    assert (id_of("i1"), who_of(" ada "), why_of("seen\nby two ")) == ("i1", "ada", "seen\nby two")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (id_of, ""),
        (id_of, "x" * (MOST_ID + 1)),
        (who_of, "  "),
        (who_of, "x" * (MOST_WHO + 1)),
        (who_of, "a\nb"),
        (who_of, "a\0b"),
        (why_of, ""),
        (why_of, "x" * (MOST_WHY + 1)),
        (why_of, "a\0b"),
        (why_of, "a\x1b[2Jb"),
        (after_of, "a\0b"),
        (report_id_of, ""),
        (report_id_of, "CT-987"),
        (report_id_of, "98 7"),
        (report_id_of, "٩٨٧"),
        (report_id_of, str(1 << 63)),
    ],
)
def test_what_says_nothing_or_cannot_be_shown_is_refused(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(RefusalError) as caught:
        read(text)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "x" * 20 not in caught.value.detail


def test_states() -> None:
    assert set(states_of([])) == set(Standing)
    assert set(states_of([INCIDENT_STATE_HELD, INCIDENT_STATE_REPORTED])) == {Standing.HELD, Standing.REPORTED}
    for unknown in (INCIDENT_STATE_UNSPECIFIED, 99):
        with pytest.raises(RefusalError):
            states_of([unknown])  # type: ignore[list-item] # a newer client's


def test_any_id_of_a_report_may_be_named_by_the_next_one() -> None:
    prior = [report_id_of(" 987 "), report_id_of(str((1 << 63) - 1))]
    account = Account("alice", prior_reports=prior)
    facts = ReportFacts(Reporter(Person("A", "B", "a@example.com")), account, [Happening("i1", "r1", AT)])
    assert not problems_of(load_schema(), report_document(facts, AT), "report")


def test_a_list_begins_at_the_first() -> None:
    assert (after_of(""), after_of("i1")) == ("", "i1")


def test_limits() -> None:
    assert [limit_of(one) for one in (0, 1, 10**6)] == [100, 1, MOST_LIMIT]

"""What callers may ask for."""

import grpc
import pytest

from reporter.asked import MOST_ID, MOST_LIMIT, MOST_WHO, MOST_WHY, id_of, limit_of, states_of, who_of, why_of
from reporter.incident import Standing
from sluice.host.refusal import RefusalError
from sluice.v1.reporter_pb2 import INCIDENT_STATE_HELD, INCIDENT_STATE_REPORTED, INCIDENT_STATE_UNSPECIFIED


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


def test_limits() -> None:
    assert [limit_of(one) for one in (0, 1, 10**6)] == [100, 1, MOST_LIMIT]

"""What negative banks take back, and what they never do."""

import pytest

from sluice.hashes.banks import CSAM, Bank
from sluice.hashes.view import Hit, Judged, Method, judge

CHILD = Bank("child", CSAM)
TERROR = Bank("terror", "terror")
INNOCENT = Bank("innocent", "innocent", negative=True)


def hit(bank: Bank, distance: int = 0, method: Method = Method.PDQ) -> Hit:
    return Hit(bank, "e", method, distance)


@pytest.mark.parametrize(
    ("negative", "match", "stands"),
    [
        (hit(INNOCENT, 4), hit(TERROR, 20), False),
        (hit(INNOCENT, 20), hit(TERROR, 20), False),
        (hit(INNOCENT, 22), hit(TERROR, 20), True),
        (hit(INNOCENT, 0, Method.MD5), hit(TERROR, 0), False),
        (hit(INNOCENT, 0), hit(TERROR, 0, Method.MD5), True),
        (hit(INNOCENT, 0, Method.SHA256), hit(TERROR, 0, Method.SHA256), True),
        (hit(INNOCENT, 0), hit(CHILD, 20), True),
        (hit(INNOCENT, 0, Method.SHA256), hit(CHILD, 20), False),
        (hit(INNOCENT, 0, Method.SHA256), hit(CHILD, 0, Method.SHA1), True),
        (hit(INNOCENT, 0), hit(CHILD, 0, Method.SHA1), True),
    ],
)
def test_a_negative_bank_and_a_match(negative: Hit, match: Hit, stands: bool) -> None:
    expected = Judged([match], 0) if stands else Judged([], 1)
    assert judge([negative, match], CSAM) == expected


def test_without_negative_entries_nothing_is_touched() -> None:
    hits = [hit(CHILD), hit(TERROR, 31)]
    assert judge(hits, CSAM) == Judged(hits, 0)


def test_negative_entries_alone_are_no_match() -> None:
    assert judge([hit(INNOCENT)], CSAM) == Judged([], 0)

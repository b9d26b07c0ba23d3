"""When an unfinished report is gone."""

from datetime import timedelta

import pytest

from reporter.tipline.expiry import expires
from tests.unit.tipline_samples import AT


@pytest.mark.parametrize(
    ("changed_after_h", "gone_after_h"), [(0.0, 24.0), (22.9, 24.0), (23.0, 24.0), (23.5, 24.5), (30.0, 31.0)]
)
def test_the_later_of_the_two(changed_after_h: float, gone_after_h: float) -> None:
    assert expires(AT, AT + timedelta(hours=changed_after_h)) == AT + timedelta(hours=gone_after_h)

"""Moments as texts."""

import pytest

from sluice.moments import exactly, when


@pytest.mark.parametrize(
    ("at_ms", "second", "millisecond"),
    [
        (0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        (1_795_000_000_007, "2026-11-18T11:06:40Z", "2026-11-18T11:06:40.007Z"),
        (1_795_000_000_999, "2026-11-18T11:06:40Z", "2026-11-18T11:06:40.999Z"),
    ],
)
def test_moments(at_ms: int, second: str, millisecond: str) -> None:
    assert (when(at_ms), exactly(at_ms)) == (second, millisecond)

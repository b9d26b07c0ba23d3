"""Moments as texts."""

from datetime import UTC, datetime


def when(at_ms: int) -> str:
    """A moment in milliseconds since the epoch: UTC, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exactly(at_ms: int) -> str:
    """The same to the millisecond."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"

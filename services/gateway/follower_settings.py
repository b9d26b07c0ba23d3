"""How much of the log the gateway can look up."""

from dataclasses import dataclass
from typing import Final

from sluice.settings import Reader

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class FollowerSettings:
    """Requests of the last `keep_ms` milliseconds are known, the `keep` newest of them at least."""

    keep_ms: int = 24 * HOUR_MS
    keep: int = 200_000


def read_follower_settings(reader: Reader) -> FollowerSettings:
    """SLUICE_GATEWAY_KEEP_HOURS, SLUICE_GATEWAY_KEEP_REQUESTS. The caller calls `reader.finish()`."""
    return FollowerSettings(
        # No decision is kept longer on the log.
        keep_ms=reader.number("SLUICE_GATEWAY_KEEP_HOURS", 24, most=28 * 24) * HOUR_MS,
        keep=reader.number("SLUICE_GATEWAY_KEEP_REQUESTS", 200_000, least=1000, most=10_000_000),
    )

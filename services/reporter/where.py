"""Where incidents are reported to: test matches never to people, real ones never to where nobody reads."""

from collections.abc import Mapping
from typing import Final

from reporter.backoff import LEASE_MS
from reporter.ports import Tipline
from reporter.tipline.client import CyberTipline
from reporter.tipline.settings import TiplineSettings
from sluice.errors import ConfigError

MOST_SECONDS: Final = LEASE_MS // 1000 // 2
"""Of one call: see `reporter.backoff.LEASE_MS`."""


def tiplines(settings: TiplineSettings | None) -> Mapping[bool, Tipline]:
    """The tip line for test incidents (True), and that for all others (False), as far as there is one.

    Without an address there is none: whatever is confirmed waits. Raises ConfigError for a call that may take too
    long, NotReadyError where the schema or the authorities cannot be read.
    """
    if settings is None:
        return {}
    slow = {
        "SLUICE_TIPLINE_SECONDS": settings.seconds,
        "SLUICE_TIPLINE_UPLOAD_SECONDS": settings.upload_seconds,
    }
    problems = [f"{name} should be at most {MOST_SECONDS}" for name, value in slow.items() if value > MOST_SECONDS]
    if problems:
        raise ConfigError(problems)
    client = CyberTipline(settings)
    return {test: client for test in (False, True) if settings.endpoint.takes(test)}

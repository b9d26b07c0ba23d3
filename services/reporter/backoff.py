"""When work is tried again, and how long somebody may be at it."""

from typing import Final

NEVER: Final = (1 << 62) - 1
"""A time that does not come, milliseconds."""
LEASE_MS: Final = 15 * 60_000
"""How long a claim holds, from one call to the next. It must be longer than any call may take: otherwise two would
overtake each other again and again, and nothing would be finished. No report would be doubled (docs/adr/0036)."""
FIRST_MS: Final = 2_000
MOST_MS: Final = LEASE_MS - 60_000
"""Less than a lease by `reporter.machine.ALIVE_MS`: what was put off just now is not taken for a claim."""


def wait_ms(tries: int) -> int:
    """Milliseconds until the next try, after so many that failed before this one: 2 s, doubled up to 14 minutes."""
    return min(MOST_MS, FIRST_MS << min(tries, 20))

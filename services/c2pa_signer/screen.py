"""Looks at the credentials that a stranger's picture brings along, in a child process with limits.

A manifest store can be built so that reading it takes gigabytes. The child has none of the signer's keys, little
memory and time, no file and no socket. What it could not read in peace never comes near the keys.
"""

import os
import threading
from dataclasses import dataclass
from functools import cache

from sluice.confined import answered, run_confined
from sluice.contains import contains
from sluice.provenance import State

SECONDS = 30.0
"""Wall clock. Far more than the CPU time that the child has: a busy machine makes nobody's credentials invalid."""
MOST_FAILURES = 16
CARRIED_CPU_SECONDS = 0.5
"""Reading credentials that are carried on takes at most this. An edit of an edit of an edit, 24 times over, takes
0.07 s (docs/adr/0023-uploads-beside-the-key.md)."""
CARRIED_MEMORY = 128 << 20
"""And at most so many bytes."""

COSTLY = "sluice.costly"
"""Whole, but more work to read than may be put on the signer and on everybody who reads the signed picture."""

_UNKNOWN_SIGNER = "signingCredential.untrusted"
"""Says nothing: nobody is trusted here."""

_MARK = b"jumb"
"""Type of the box that every manifest store begins with (ISO/IEC 19566-5)."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What was found: NONE, VALID or INVALID, since nobody is trusted here; None: nobody could look.

    `failures`: status codes of C2PA, or words of ours that begin with `sluice.`.
    """

    state: State | None
    failures: tuple[str, ...] = ()

    @property
    def carried(self) -> bool:
        """Whether the credentials are worth carrying on."""
        return self.state is State.VALID and not self.failures


NOTHING = Screened(State.NONE)


@cache
def _turns() -> threading.BoundedSemaphore:
    """So many children at once as there are cores, four at least: each may take a gigabyte."""
    return threading.BoundedSemaphore(max(4, os.cpu_count() or 1))


def screen(data: bytes, media_type: str, seconds: float = SECONDS) -> Screened:
    """What a picture's credentials are worth. Starts no child where the bytes hold no manifest store.

    Raises RetryableError where the child did not start.
    """
    if not contains(data, _MARK):
        return NOTHING
    with _turns():
        ended = run_confined("c2pa_signer.screen_child", [media_type, str(len(data))], data, seconds)
    form = answered(ended)
    if form is None:
        return Screened(State.INVALID, (f"unreadable.{ended.fate}",))
    state = State(form["state"])
    codes = [str(code)[:100] for code in form["failures"] if code != _UNKNOWN_SIGNER]
    failures = tuple(codes[:MOST_FAILURES])
    if state is not State.VALID:
        return Screened(state, failures)
    costly = form["cpu_seconds"] > CARRIED_CPU_SECONDS or form["memory"] > CARRIED_MEMORY
    return Screened(State.VALID, (COSTLY,) if costly else ())

"""One call until it is answered or the deadline has passed. Pure: the clock and the dice are passed in.

Every call of the client may be made twice. The id of a request is the client's, and the same id with the same
contents gets the decision that is stored; storing the same bytes again stores nothing new.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sluice.client.about import About
from sluice.client.outcome import Why
from sluice.client.refusals import Unreadable, Wrong, refusal
from sluice.client.wire import LASTING, Call, NoReply, Pause, Reply, Talk, Try
from sluice.deadline import Deadline, now_ms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How tries follow each other.

    Pauses begin at `first` seconds and double up to `most`; `dice` (0..1) takes up to half of each away, so that
    clients that failed together do not come back together. One try gets `attempt` seconds. `now`: milliseconds since
    the epoch.
    """

    first: float = 0.2
    most: float = 5.0
    attempt: float = 20.0
    now: Callable[[], int] = now_ms
    dice: Callable[[], float] = random.random

    def wait(self, tries: int) -> float:
        """Seconds after so many tries that failed, 1 at least."""
        whole = min(self.most, self.first * 2.0 ** min(tries - 1, 30))
        return whole * (1.0 - 0.5 * self.dice())


def exchange(
    call: Call,
    read: Callable[[Reply], T | Why],
    deadline: Deadline,
    pace: Pace,
    about: About,
    patience: float = 0.0,
    absent: Why | None = None,
) -> Talk[T]:
    """What `read` makes of a success. A `Why` of it is no answer: the call is made again.

    `patience`: seconds that one try gets beyond `pace.attempt`. `absent`: what a 404 means where it may pass. Raises
    Unavailable where there is no answer in time, Rejected where asking again does not help, Refused where the gateway
    cannot read what was sent.
    """
    why, tries = Why.NO_ANSWER, 0
    while (left := deadline.remaining(pace.now())) > 0.0:
        got = yield Try(call, min(left, pace.attempt + patience))
        after = 0.0
        if isinstance(got, NoReply):
            why = Why.NO_ANSWER
            if got.why in LASTING:
                raise about.unavailable(why)
        elif isinstance(got, Reply) and 200 <= got.status < 300:
            found = read(got)
            if not isinstance(found, Why):
                return found
            why = found
        elif isinstance(got, Reply) and got.status == 404 and absent is not None:
            why = absent
        elif isinstance(got, Reply):
            meant = refusal(got, pace.now())
            if isinstance(meant, Unreadable):
                raise about.refused("BLOCK", (("unprocessable", ""),))
            if isinstance(meant, Wrong):
                raise about.rejected(got.status, meant.code)
            why, after = meant.why, meant.after
            if meant.final:
                raise about.unavailable(why, after)
        tries += 1
        pause = max(after, pace.wait(tries))
        if pause >= deadline.remaining(pace.now()):
            raise about.unavailable(why, after)
        yield Pause(pause)
    raise about.unavailable(why)

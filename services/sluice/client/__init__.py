"""The client of generators: a prompt's moderation runs beside the generation, and cancels it where it is refused.

    async with moderate(prompt, account="...", age_band="ADULT") as gate:
        image = await gate.run(generate(prompt))
        signed = await gate.submit(image)

Whatever is not allowed is an exception: `Refused` was decided, `Unavailable` was not. `sluice.client.sync` is the
same for code without an event loop. It needs a gateway (SLUICE_URL, SLUICE_API_KEY) or the simulator
(SLUICE_SIMULATE=1).
"""

from sluice.client.ask import AgeBand, Operation
from sluice.client.clients import Client, moderate
from sluice.client.gate import Gate
from sluice.client.outcome import Allowed, NotAllowed, Refused, Rejected, Stage, Unavailable, Why
from sluice.client.retry import Pace
from sluice.client.words import ENGLISH
from sluice.deadline import Deadline

__all__ = [
    "ENGLISH",
    "AgeBand",
    "Allowed",
    "Client",
    "Deadline",
    "Gate",
    "NotAllowed",
    "Operation",
    "Pace",
    "Refused",
    "Rejected",
    "Stage",
    "Unavailable",
    "Why",
    "moderate",
]

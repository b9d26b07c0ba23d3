"""The prompts that the simulator knows: what EICAR's file is to a virus scanner. Each says itself what comes of it.

    sluice-test:allow  a lighthouse at dawn
    sluice-test:block:violence@2
    sluice-test:output-review

After `sluice-test:` stands the outcome, `output-` before it where the picture is meant and not the prompt; after a
colon which category, rule or label; after an @ how many seconds it takes. Words of any kind may follow.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.client.outcome import Stage

PREFIX: Final = "sluice-test:"


class Outcome(StrEnum):
    """What can come of a request."""

    ALLOW = "allow"
    BLOCK = "block"
    REVIEW = "review"
    INCOMPLETE = "incomplete"
    """A decision without the answer of a check."""
    UNAVAILABLE = "unavailable"
    """The gateway answers 503, and wants to be asked again in an hour."""
    BUSY = "busy"
    """429 at first, with a second's wait; then allowed."""
    FLAKY = "flaky"
    """No connection, twice; then allowed."""
    SILENT = "silent"
    """No answer, until the client's deadline."""
    UNSIGNED = "unsigned"
    """A picture that is allowed and never signed, until the client's deadline."""


_FORM: Final = re.compile(
    rf"{PREFIX}(?P<output>output-)?(?P<outcome>{'|'.join(Outcome)})"
    r"(?::(?P<what>[a-z0-9/_.-]{1,64}))?(?:@(?P<seconds>[0-9]{1,3}(?:\.[0-9]{1,3})?))?(?=\s|$)"
)


@dataclass(frozen=True, slots=True)
class Script:
    """What a test prompt asks for. `what`: a category or a rule, or a label where the outcome is ALLOW; or empty."""

    stage: Stage
    outcome: Outcome
    what: str
    seconds: float

    def at(self, stage: Stage) -> "Script":
        """Its part in a request of this stage: the other one is allowed at once."""
        return self if stage is self.stage else Script(stage, Outcome.ALLOW, "", 0.0)


def read_script(prompt: object) -> Script | None:
    """None for what is no test prompt."""
    found = _FORM.match(prompt) if isinstance(prompt, str) else None
    if found is None:
        return None
    outcome = Outcome(found["outcome"])
    stage = Stage.OUTPUT if found["output"] else Stage.PROMPT
    if outcome is Outcome.UNSIGNED and stage is Stage.PROMPT:
        return None
    return Script(stage, outcome, found["what"] or "", float(found["seconds"] or 0.0))

"""What an exception says besides the reason: which request, which stage, in whose words."""

import re
from dataclasses import dataclass
from typing import Final

from sluice.client.outcome import Refused, Rejected, Stage, Unavailable, Why
from sluice.client.words import Words

_CODE: Final = re.compile(r"[a-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class About:
    """One request."""

    request_id: str
    stage: Stage
    words: Words
    simulated: bool = False

    def refused(self, action: str, reasons: tuple[tuple[str, str], ...]) -> Refused:
        """A decision. `reasons`: rule and category of each that decided."""
        said = self.words.of_refusal(action, reasons)
        rules = tuple(dict.fromkeys(rule for rule, _ in reasons))
        return Refused(said, self.request_id, self.stage, self.simulated, action, rules)

    def unavailable(self, why: Why, retry_after: float = 0.0) -> Unavailable:
        """No answer."""
        return Unavailable(self.words.of_no_answer, self.request_id, self.stage, self.simulated, why, retry_after)

    def rejected(self, status: int, code: str) -> Rejected:
        """The call is wrong. Of `code` only what is one is kept: it is a server's text."""
        kept = code if _CODE.fullmatch(code) else ""
        said = self.words.of_no_answer
        return Rejected(said, self.request_id, self.stage, self.simulated, Why.REJECTED, 0.0, status, kept)

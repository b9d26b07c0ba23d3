"""The three kinds of failure, and the one way a configuration can be wrong.

Retryable: the same call may work later; back off within the deadline. Terminal: it will not; the verdict says
ERROR. Poison: the message itself is the trouble; it goes to the dead letters. Nothing here is ever an allow.
"""

from collections.abc import Sequence

EX_CONFIG = 78
"""Exit status for a configuration that cannot work (sysexits.h)."""


class SluiceError(Exception):
    """Every error that this project raises on purpose."""


class RetryableError(SluiceError):
    """The same call may succeed later."""


class OverloadedError(RetryableError):
    """There is no room for this now, and nothing was done. `seconds`: come back no sooner than after this long."""

    def __init__(self, detail: str, seconds: float = 1.0) -> None:
        super().__init__(detail)
        self.seconds = seconds


class NotGrantedError(RetryableError):
    """The broker does not let this principal do it; it works once somebody grants it. The message says what to grant,
    and which command shows what each principal needs."""


class TerminalError(SluiceError):
    """This call will never succeed. The message may be recorded: it never holds content."""


class PoisonError(SluiceError):
    """A message that nobody can handle. `reason` is a `DeadLetterReason` number."""

    def __init__(self, reason: int, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class FatalError(SluiceError):
    """This process cannot go on; another one can. The message says why and what to do."""


class NotReadyError(SluiceError):
    """The service cannot do its job now. The message says why and, where one helps, which command mends it."""


class ConfigError(SluiceError):
    """The environment cannot start this service. One line per variable: its name, and what it should be."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)

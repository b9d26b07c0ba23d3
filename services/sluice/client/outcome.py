"""What becomes of a prompt or a picture: the signed picture in hand, or an exception. There is nothing in between."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from sluice import errors

_HINTS: Final = {
    "invalid_api_key": ": SLUICE_API_KEY is not a key of this gateway",
    "missing_scope": ": the key needs the scopes `moderate` and `read`",
    "not_a_test": ": the simulator takes none but its test prompts, which begin with `sluice-test:`",
}


class Stage(StrEnum):
    """What was judged: what is asked for, or what was made of it."""

    PROMPT = "PROMPT"
    OUTPUT = "OUTPUT"


class Why(StrEnum):
    """Why there is no answer. None of them is a pass, and none says anything about what was sent."""

    INCOMPLETE = "incomplete"
    """A check did not answer, and the decision says so. It stays: another try needs another id."""
    NO_DECISION = "no_decision"
    """None in time. The same id may have one later."""
    NOT_SIGNED = "not_signed"
    """Allowed, but no signed picture in time."""
    BUSY = "busy"
    """The gateway wants to be asked less often."""
    UNAVAILABLE = "unavailable"
    """The gateway, or what stands behind it, is away."""
    NO_ANSWER = "no_answer"
    """No connection, or no whole answer in time."""
    BAD_ANSWER = "bad_answer"
    """An answer that cannot be what it should be."""
    REJECTED = "rejected"
    """The call itself is wrong: see `Rejected`."""
    UNFORESEEN = "unforeseen"
    """A mistake in the client."""
    OVER = "over"
    """The block was left before."""


class NotAllowed(errors.SluiceError):
    """Nothing may leave, whatever the reason. `reasons`: sentences for the end user, never empty.

    `request_id`: the id of what was asked, for logs and for support. `simulated`: the simulator said it.
    """

    def __init__(
        self, reasons: tuple[str, ...], request_id: str, stage: Stage, simulated: bool = False, *more: object
    ) -> None:
        # All of it goes to `args`: so an exception can be pickled, and made anew for each who waits for it.
        super().__init__(reasons, request_id, stage, simulated, *more)
        self.reasons = reasons
        self.request_id = request_id
        self.stage = stage
        self.simulated = simulated

    def fresh(self) -> Self:
        """The same once more, without the places where this one was raised."""
        return type(self)(*self.args)

    def __str__(self) -> str:
        by = " by the simulator" if self.simulated else ""
        return f"{self.stage} {self.request_id} was not allowed{by}{self._detail()}"

    def _detail(self) -> str:
        return ""


class Refused(NotAllowed):
    """A decision that is not ALLOW. `action`: BLOCK or REVIEW, both final. `rules`: ids of the rules that decided,
    for your own logs; not for the end user."""

    def __init__(
        self,
        reasons: tuple[str, ...],
        request_id: str,
        stage: Stage,
        simulated: bool = False,
        action: str = "BLOCK",
        rules: tuple[str, ...] = (),
    ) -> None:
        super().__init__(reasons, request_id, stage, simulated, action, rules)
        self.action = action
        self.rules = rules

    def _detail(self) -> str:
        return f": {self.action}, {', '.join(self.rules) or 'no rule named'}"


class Unavailable(NotAllowed):
    """There is no answer. `retry_after`: seconds after which the gateway wants to be asked again; 0.0: it did not
    say. Generate nothing, show nothing, and try again later with a new id."""

    def __init__(
        self,
        reasons: tuple[str, ...],
        request_id: str,
        stage: Stage,
        simulated: bool = False,
        why: Why = Why.UNAVAILABLE,
        retry_after: float = 0.0,
        *more: object,
    ) -> None:
        super().__init__(reasons, request_id, stage, simulated, why, retry_after, *more)
        self.why = why
        self.retry_after = retry_after

    def _detail(self) -> str:
        return f": no answer ({self.why})"


class Rejected(Unavailable):
    """The gateway does not take the call, and asking again will not help: a key, a scope, a size, an id that was used
    for something else. `status`: HTTP; 0 where nobody was asked. `code`: the gateway's word for it."""

    def __init__(
        self,
        reasons: tuple[str, ...],
        request_id: str,
        stage: Stage,
        simulated: bool = False,
        why: Why = Why.REJECTED,
        retry_after: float = 0.0,
        status: int = 0,
        code: str = "",
    ) -> None:
        super().__init__(reasons, request_id, stage, simulated, why, retry_after, status, code)
        self.status = status
        self.code = code

    def _detail(self) -> str:
        said = f": the call was rejected (HTTP status {self.status}, {self.code or 'no code'})"
        return said + _HINTS.get(self.code, "")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may leave: these bytes and no others.

    `picture`: signed with C2PA, by a decision that allowed it. `labels`: what whoever shows it has to know, as
    "photoreal-person". `simulated`: the simulator said it, and `picture` is what was submitted, without a signature.
    """

    picture: bytes = field(repr=False)
    media_type: str
    request_id: str
    labels: tuple[str, ...] = ()
    simulated: bool = False

    @property
    def signed(self) -> bool:
        """Whether the picture carries credentials."""
        return not self.simulated

"""What goes wrong on purpose, and how often."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

CALLS: Final = ("status", "xsd", "submit", "upload", "fileinfo", "finish", "retract")


class Kind(StrEnum):
    """Names ending in -after: the call has done its work by then."""

    CODE = "code"
    """The answer is this code, in a success; nothing was done."""
    CODE_AFTER = "code-after"
    STATUS = "status"
    """The answer is this HTTP status; nothing was done."""
    STATUS_AFTER = "status-after"
    SLOW = "slow"
    """So many seconds go by before anything is done."""
    SLOW_AFTER = "slow-after"
    DROP = "drop"
    """The connection ends; nothing was done."""
    DROP_AFTER = "drop-after"
    HALF_AFTER = "half-after"
    """The connection ends in the middle of the answer."""
    GARBAGE_AFTER = "garbage-after"
    """The answer is no XML."""
    DOCTYPE_AFTER = "doctype-after"
    """The answer declares entities."""
    HUGE_AFTER = "huge-after"
    """The answer has 4 MiB."""
    OTHER_AFTER = "other-after"
    """The answer is about another report."""
    NAMELESS_AFTER = "nameless-after"
    """The answer has no ids."""
    WRONG_HASH = "wrong-hash"
    """The file is stored with another digest than its own."""


_WITH_VALUE: Final = frozenset(
    {Kind.CODE, Kind.CODE_AFTER, Kind.STATUS, Kind.STATUS_AFTER, Kind.SLOW, Kind.SLOW_AFTER}
)


@dataclass(slots=True)
class Fault:
    """One. `call`: of which call, or `*`. `times`: how often it still happens; None: always. `chance`: at each."""

    kind: Kind
    call: str = "*"
    value: float = 0
    times: int | None = 1
    chance: float = 1.0


@dataclass(slots=True)
class Faults:
    """Those that are to come, the first that fits first."""

    seed: int = 0
    waiting: list[Fault] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - chance in a test, and no secret

    def put(self, form: Mapping[str, Any]) -> None:
        """`{"kind": "drop-after", "call": "finish", "times": 2}`; ValueError where it is none."""
        unknown = form.keys() - {"kind", "call", "value", "times", "chance"}
        if unknown:
            raise ValueError("a fault has kind, call, value, times and chance")
        kind = Kind(str(form.get("kind", "")))
        call, value = str(form.get("call", "*")), form.get("value", 0)
        times, chance = form.get("times", 1), form.get("chance", 1.0)
        if call != "*" and call not in CALLS:
            raise ValueError(f"call is one of {', '.join(CALLS)}, or *")
        if not _number(value) or (kind in _WITH_VALUE) != (value > 0):
            raise ValueError(f"value is a number above 0, for {', '.join(sorted(_WITH_VALUE))}")
        if times is not None and not (isinstance(times, int) and times > 0):
            raise ValueError("times is a whole number from 1 on, or null for always")
        if not _number(chance) or not 0 < chance <= 1:
            raise ValueError("chance is a number above 0, up to 1")
        self.waiting.append(Fault(kind, call, float(value), times, float(chance)))

    def take(self, call: str) -> Fault | None:
        """What goes wrong with this call."""
        for fault in self.waiting:
            if fault.call in {"*", call} and (fault.chance >= 1 or self._random.random() < fault.chance):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self.waiting.remove(fault)
                return fault
        return None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

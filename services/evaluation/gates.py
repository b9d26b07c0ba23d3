"""What a run must reach for its exit status to be 0. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.compare import Difference
from evaluation.metrics import Rates
from evaluation.table import Table, number
from sluice.shares import Share


@dataclass(frozen=True, slots=True)
class Gate:
    """Something that must hold. `found`: what was, in words."""

    name: str
    found: str
    held: bool


@dataclass(frozen=True, slots=True)
class Least:
    """The least that each metric may be, over all rows; None: anything."""

    not_unsafe: float | None = None
    not_overrefuse: float | None = None


def gates(least: Least, all_rows: Rates, differences: Sequence[Difference] | None, unread: int) -> list[Gate]:
    """Every gate of a run. A metric without rows holds no gate: what was not measured was not reached."""
    found = [
        _least("not_unsafe", least.not_unsafe, all_rows.not_unsafe),
        _least("not_overrefuse", least.not_overrefuse, all_rows.not_overrefuse),
    ]
    held = [gate for gate in found if gate is not None]
    if differences is not None:
        worse = [f"{one.metric} of {one.group}" for one in differences if one.regressed]
        # Nothing in common is no comparison, and no comparison is no pass.
        said = ", ".join(worse) or ("none" if differences else "nothing in common with the baseline")
        held.append(Gate("no regression", said, bool(differences) and not worse))
    held.append(Gate("every row was read", f"{unread} were not", not unread))
    held.append(Gate("every row was decided", f"{all_rows.undecided} were not", not all_rows.undecided))
    return held


def gates_table(found: Sequence[Gate]) -> Table:
    """A line per gate."""
    rows = [(gate.name, gate.found, "yes" if gate.held else "NO") for gate in found]
    return Table("Gates", ("gate", "found", "held"), rows)


def _least(name: str, least: float | None, share: Share) -> Gate | None:
    if least is None:
        return None
    found = number(share.value) or "no rows"
    return Gate(f"{name} at least {least:g}", found, share.value is not None and share.value >= least)

"""Reads a policy file's thresholds, those of its tenants too, and holds them against each other."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from sluice.categories import CATEGORIES
from sluice.policy.floor import MOST
from sluice.policy.parse import Node
from sluice.policy.thresholds import KEYS, MINORS, NAME, STAGES, Table, by_place, order

_TENANT = frozenset({"thresholds"})


@dataclass(frozen=True, slots=True)
class _Read:
    """A table, and where each of its values stands: key and name -> node."""

    values: dict[str, dict[str, float]] = field(default_factory=dict)
    nodes: dict[tuple[str, str], Node] = field(default_factory=dict)


class ThresholdReader:
    """The tables of one file. `file`: as it says them; `tenants`: tenant -> its own."""

    def __init__(self) -> None:
        self._file = _Read()
        self._tenants: dict[str, _Read] = {}

    @property
    def file(self) -> Table:
        """The table of all tenants."""
        return self._file.values

    @property
    def tenants(self) -> Mapping[str, Table]:
        """Tenant -> its own table."""
        return {tenant: read.values for tenant, read in self._tenants.items()}

    @property
    def default(self) -> Mapping[str, float]:
        """Every name that has a threshold, with the value that holds where nothing else does."""
        return self.file.get("default", {})

    def read_file(self, node: Node) -> None:
        """The file's `thresholds`."""
        self._file = _table(node)
        if "default" not in self.file:
            node.problem("'default' is missing")

    def read_tenants(self, node: Node) -> None:
        """The file's `tenants`."""
        for tenant, entries in node.mapping().items():
            if not tenant:
                node.problem("a tenant without a name")
            own = entries.mapping(_TENANT)
            if "thresholds" in own:
                self._tenants[tenant] = _table(own["thresholds"])
            else:
                entries.problem("'thresholds' is missing")

    def check(self, asked: Collection[str]) -> None:
        """Notes what is wrong with the tables. `asked`: names that some rule asks for."""
        for (key, name), node in self._file.nodes.items():
            if key == "default" and name not in CATEGORIES and name not in asked:
                node.problem(f"{name!r} names no category and no rule asks for it")
        for read in (self._file, *self._tenants.values()):
            for (_, name), node in read.nodes.items():
                if name not in self.default:
                    node.problem(f"{name!r} has no default threshold in this file")
        for text, node in self._laxer_for_minors():
            node.problem(text)

    def _laxer_for_minors(self) -> Iterator[tuple[str, Node]]:
        of_all = by_place(self.file, {})
        told: set[object] = set()
        for tenant, read in (("", self._file), *self._tenants.items()):
            held = by_place(self.file, read.values if tenant else {})
            for stage, band in product(STAGES, MINORS):
                adults, others = held["UNKNOWN", stage], of_all[band, stage]
                for name, value in held[band, stage].items():
                    node = self._says(name, read, band, stage)
                    if name not in self.default or not value > min(adults[name], others[name]) or node.raw in told:
                        continue
                    told.add(node.raw)
                    where = f"{band} at {stage}" + (f", tenant {tenant!r}" if tenant else "")
                    other, whose = (
                        (adults[name], "without an age band")
                        if value > adults[name]
                        else (others[name], "of all tenants")
                    )
                    yield f"{value} is laxer for minors ({where}) than the {other} {whose}", node

    def _says(self, name: str, read: _Read, band: str, stage: str) -> Node:
        """The value that holds; where it is the file's for a tenant, the tenant's, which does not go with it."""
        places = [(self._file if not own else read, key) for own, key in order(band, stage)]
        holds, key = next(place for place in places if (place[1], name) in place[0].nodes)
        if holds is read:
            return holds.nodes[key, name]
        own = [read.nodes[key, name] for _, key in order(band, stage) if (key, name) in read.nodes]
        return own[0] if own else holds.nodes[key, name]


def _table(node: Node) -> _Read:
    found = _Read()
    for key, values in node.mapping(KEYS).items():
        found.values[key] = {}
        for name, value in values.mapping().items():
            if not NAME.fullmatch(name):
                value.problem(f"{name!r} is no name: small letters, digits, / and -")
                continue
            number = value.fraction()
            most = MOST.get(name, 1.0)
            if number > most:
                value.problem(f"child safety: is weaker than {most}, the most for {name!r}")
            found.values[key][name] = number
            found.nodes[key, name] = value
    return found

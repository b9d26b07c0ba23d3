"""Reads a costs file: every figure has a value, a unit, and one word of where it is from. Says all that is wrong."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Final

import yaml

from sluice.capacity.costs import KAFKA, Costs, Grows, ServiceCosts, StoreCosts, TopicCosts
from sluice.capacity.figure import Basis, Figure
from sluice.errors import ConfigError
from sluice.load.mix import KINDS, Kind

PACKAGED: Final = "costs.yaml"
OTHER: Final = (
    "kafka.hop_requests", "kafka.hop_contents", "kafka.hop_verdicts", "kafka.hop_decisions",
    "kafka.turn", "kafka.gather", "kafka.bytes_a_record", "kafka.segment_slack", "kafka.most_partitions",
    "kafka.partitions_a_broker", "kafka.broker_cores", "kafka.broker_bytes_a_second",
    "kafka.partition_bytes_a_second", "store.hours",
    "price.core_hour", "price.gib_hour", "price.gpu_hour", "price.disk_gib_month", "price.store_gib_month",
    "price.puts_1000", "price.gets_1000",
)  # fmt: skip
"""Single figures that a plan needs."""
NEEDED: Final = ("ingest", "orchestrator", KAFKA)
"""Services without which there is no road."""


def packaged() -> Costs:
    """The costs that come with this release (docs/capacity.md)."""
    return read_costs((files("sluice.capacity") / PACKAGED).read_text(), PACKAGED)


def read_costs(text: str, where: str) -> Costs:
    """The figures of a file. Raises ConfigError with every problem of it. `where`: what messages call it."""
    try:
        form = yaml.safe_load(text)
    except yaml.YAMLError as error:
        at = getattr(error, "problem_mark", None)
        line = f":{at.line + 1}" if at is not None else ""
        raise ConfigError([f"{where}{line}: not YAML"]) from error
    return _Reading(form, where).costs()


class _Reading:
    """One pass over a file; remembers what is wrong."""

    def __init__(self, form: object, where: str) -> None:
        self._where = where
        self._problems: list[str] = []
        self._form = self._mapping(form, "the file")
        self._sources = {
            name: str(told) for name, told in self._mapping(self._form.get("sources", {}), "sources").items()
        }

    def costs(self) -> Costs:
        services = self._mapping(self._form.get("services"), "services")
        topics = self._mapping(self._form.get("topics"), "topics")
        found = Costs(
            {name: self._service(name, form) for name, form in services.items()},
            {name: self._topic(name, form) for name, form in topics.items()},
            self._store(),
            {name: self._other(name) for name in OTHER},
        )
        for name in NEEDED:
            if name not in services:
                self._problem("services", f"{name} is missing")
        for topic in found.topics.values():
            for name in topic.tailed_by:
                if name not in found.services:
                    self._problem(f"topics.{topic.name}.tailed_by", f"{name} is no service of the file")
        if self._problems:
            raise ConfigError([f"{self._where}: {problem}" for problem in self._problems])
        return found

    def _service(self, name: str, form: object) -> ServiceCosts:
        where = f"services.{name}"
        parts = self._mapping(form, where)
        word = str(parts.get("grows", Grows.NOT))
        if word not in list(Grows):
            self._problem(f"{where}.grows", f"{word} is not one of {', '.join(Grows)}")
            word = Grows.NOT
        cpu = self._by_kind(parts.get("cpu"), f"{where}.cpu", "s")
        answers = parts.get("answers")
        if not isinstance(answers, list) or not answers or not set(answers) <= cpu.keys():
            self._problem(f"{where}.answers", "should be a list of kinds that cpu has, too")
            answers = []
        made = ServiceCosts(
            name=name,
            answers=frozenset(map(Kind, answers)),
            cpu=cpu,
            idle=self._figure(parts.get("idle_cores"), f"{where}.idle_cores", "cores"),
            memory=self._figure(parts.get("memory"), f"{where}.memory", "MiB"),
            at_once=self._figure(parts.get("at_once"), f"{where}.at_once", "", least=1),
            max_batch=self._figure(parts.get("max_batch"), f"{where}.max_batch", "", least=1),
            batch_wait=self._figure(parts.get("batch_wait"), f"{where}.batch_wait", "s"),
            variation=self._figure(parts.get("variation"), f"{where}.variation", ""),
            grows=Grows(word),
            share=self._figure(parts.get("share"), f"{where}.share", "", most=1),
        )
        if "per_batch" in parts:
            made = replace(made, per_batch=self._figure(parts["per_batch"], f"{where}.per_batch", "s"))
        if "tail" in parts:
            made = replace(made, tail=self._figure(parts["tail"], f"{where}.tail", "s"))
        if "gpu" in parts:
            on_gpu = self._figure(parts.get("on_gpu"), f"{where}.on_gpu", "", most=1)
            made = replace(made, on_gpu=on_gpu, gpu=self._figure(parts["gpu"], f"{where}.gpu", "s"))
        return made

    def _topic(self, name: str, form: object) -> TopicCosts:
        where = f"topics.{name}"
        parts = self._mapping(form, where)
        tailed = parts.get("tailed_by", [])
        if not isinstance(tailed, list):
            self._problem(f"{where}.tailed_by", "should be a list of services")
            tailed = []
        records = self._by_kind(parts.get("records"), f"{where}.records", "")
        size = self._by_kind(parts.get("bytes"), f"{where}.bytes", "B")
        if records.keys() != size.keys():
            self._problem(where, "records and bytes should be of the same kinds")
        return TopicCosts(
            name,
            records,
            size,
            self._figure(parts.get("groups"), f"{where}.groups", ""),
            tuple(map(str, tailed)),
        )

    def _store(self) -> StoreCosts:
        parts = self._mapping(self._form.get("store"), "store")
        units = {"puts": "", "gets": "", "put_bytes": "B", "get_bytes": "B", "originals_put": "", "originals_got": ""}
        return StoreCosts(**{name: self._by_kind(parts.get(name), f"store.{name}", u) for name, u in units.items()})

    def _other(self, name: str) -> Figure:
        group, _, key = name.partition(".")
        return self._figure(self._mapping(self._form.get(group), group).get(key), name, None)

    def _by_kind(self, form: object, where: str, unit: str) -> Mapping[Kind, Figure]:
        parts = self._mapping(form, where)
        for name in parts.keys() - set(KINDS):
            self._problem(where, f"{name} is not one of {', '.join(KINDS)}")
        return {kind: self._figure(parts[kind], f"{where}.{kind}", unit) for kind in KINDS if kind in parts}

    def _figure(
        self, form: object, where: str, unit: str | None, least: float = 0.0, most: float = float("inf")
    ) -> Figure:
        """`unit`: what it has to be given in; None: any."""
        parts = self._mapping(form, where)
        value, told = parts.get("value"), str(parts.get("unit", ""))
        # True and False are numbers to Python, and NaN is within no bounds.
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            bounds = f"from {least:g} on" if most == float("inf") else f"from {least:g} to {most:g}"
            self._problem(f"{where}.value", f"should be a number {bounds}")
            value = least
        if unit is not None and told != unit:
            self._problem(f"{where}.unit", f"should be {unit or 'left out'}, not {told or 'left out'}")
        ways = [basis for basis in Basis if basis in parts]
        if len(ways) != 1:
            self._problem(where, f"should say one of {', '.join(Basis)}")
            return Figure(where, float(value), told, Basis.ASSUMED, "")
        how = str(parts[ways[0]])
        if ways[0] is Basis.MEASURED:
            if how not in self._sources:
                self._problem(f"{where}.measured", f"{how} is none of the sources of the file")
            how = self._sources.get(how, how)
        return Figure(where, float(value), told, ways[0], how)

    def _mapping(self, form: object, where: str) -> Mapping[str, object]:
        if not isinstance(form, Mapping):
            self._problem(where, "is missing" if form is None else "should have entries")
            return {}
        return {str(name): value for name, value in form.items()}

    def _problem(self, where: str, what: str) -> None:
        line = f"{where}: {what}"
        if line not in self._problems:
            self._problems.append(line)

"""A network policy for every pod that the chart makes, and none that opens everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.deploy.verify.chart import pods_of
from tests.deploy.verify.reading import Object
from tests.deploy.verify.report import WrongError


@dataclass(frozen=True, slots=True)
class Covered:
    """The policies of one workload: their names, and how many rules they have each way."""

    workload: str
    policies: tuple[str, ...]
    incoming: int
    outgoing: int

    def __str__(self) -> str:
        rules = f"{self.incoming} rules in, {self.outgoing} rules out"
        return f"{self.workload}: {', '.join(self.policies)} ({rules})"


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector means an object with these labels (Kubernetes' rules for both of its forms)."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    return all(_holds(one, labels) for one in selector.get("matchExpressions") or [])


def covered(documents: Sequence[Object]) -> list[Covered]:
    """Of every workload. WrongError where one has no policy of its own for both directions, and where a rule admits
    everything: a rule without peers, or without ports to peers anywhere."""
    policies = [one for one in documents if one["kind"] == "NetworkPolicy"]
    found, wrong = [], [words for one in policies for words in _open(one)]
    for workload, pod in pods_of(documents).items():
        labels = pod["metadata"].get("labels") or {}
        mine = [one for one in policies if _own(one) and selects(one["spec"]["podSelector"], labels)]
        types = {kind for one in mine for kind in one["spec"].get("policyTypes", [])}
        if types != {"Ingress", "Egress"}:
            wrong.append(f"{workload} has policies of its own for {sorted(types)}, not for both directions")
            continue
        incoming = sum(len(one["spec"].get("ingress") or []) for one in mine)
        outgoing = sum(len(one["spec"].get("egress") or []) for one in mine)
        found.append(Covered(workload, tuple(one["metadata"]["name"] for one in mine), incoming, outgoing))
    if wrong:
        raise WrongError("\n".join(wrong))
    return found


def _own(policy: Object) -> bool:
    """Whether it is about some pods, and not about all of the namespace."""
    return bool(policy["spec"].get("podSelector"))


def _open(policy: Object) -> list[str]:
    name, spec = policy["metadata"]["name"], policy["spec"]
    words = []
    for rule in spec.get("egress") or []:
        if not rule.get("to"):
            words.append(f"{name}: a rule lets its pods reach everybody: {rule}")
        elif not rule.get("ports"):
            words.append(f"{name}: a rule lets its pods reach every port: {rule}")
    words += [
        f"{name}: a rule admits everybody: {rule}" for rule in spec.get("ingress") or [] if not rule.get("from")
    ]
    return words


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None

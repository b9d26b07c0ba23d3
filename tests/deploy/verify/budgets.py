"""Disruption budgets: that they let a node be emptied, and that emptying one leaves every component with pods."""

import time
from typing import Final

from tests.deploy.cluster.access import Access, Object
from tests.deploy.verify import scaled
from tests.deploy.verify.network import selects
from tests.deploy.verify.ready import Watch, component
from tests.deploy.verify.report import WrongError

_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 0.5


def allow(access: Access, namespace: str) -> list[str]:
    """Every budget with what it allows now. WrongError where one allows nothing, means no pod, or is missing for a
    Deployment of two replicas or more."""
    give_up = time.monotonic() + _SECONDS
    while True:
        budgets = access.list("poddisruptionbudgets", "--namespace", namespace)
        wrong = [words for one in budgets if (words := _wrong(one))] + _missing(access, namespace, budgets)
        if not wrong:
            return [
                f"{one['metadata']['name']}: {one['status']['disruptionsAllowed']} of {one['status']['expectedPods']}"
                for one in budgets
            ]
        if time.monotonic() >= give_up:
            raise WrongError("\n".join(wrong))
        time.sleep(_AGAIN_SECONDS)


def drain(access: Access, namespace: str) -> list[str]:
    """Empties the node that has most pods of the release, as an administrator would, and watches what stays ready.

    WrongError where a component with two replicas or more has none ready at any moment, unless a volume that one
    machine alone can have keeps its pods together: then all have to go. CommandError where the node stays full.
    """
    pods = access.list("pods", "--namespace", namespace, "--field-selector=status.phase=Running")
    places = [pod["spec"]["nodeName"] for pod in pods]
    together = {component(pod) for pod in pods if "podAffinity" in (pod["spec"].get("affinity") or {})}
    node = max(sorted(set(places)), key=places.count)
    try:
        with Watch(access, namespace) as watch:
            before = watch.ready.now()
            access.must("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=300s")
        lowest = watch.ready.lowest
        dark = [name for name, count in before.items() if count > 1 and lowest[name] == 0 and name not in together]
        if watch.lost or dark:
            raise WrongError(watch.lost or f"had no ready pod while {node} was emptied: {', '.join(dark)}")
    finally:
        access.must("uncordon", node)
    scaled.settle(access, namespace)
    lines = [f"{node} emptied of {places.count(node)} pods; ready at the worst moment:"]
    return lines + [_line(name, lowest[name], count, name in together) for name, count in sorted(before.items())]


def _line(name: str, lowest: int, before: int, together: bool) -> str:
    return f"{name}: {lowest} of {before}{' (its volume keeps them together)' if together else ''}"


def _wrong(budget: Object) -> str:
    status, name = budget.get("status", {}), budget["metadata"]["name"]
    if not status.get("expectedPods"):
        return f"{name} means no pod"
    if status.get("disruptionsAllowed", 0) < 1:
        return f"{name} allows no disruption: {status.get('currentHealthy')} of {status['expectedPods']} healthy"
    return ""


def _missing(access: Access, namespace: str, budgets: list[Object]) -> list[str]:
    words = []
    for one in access.list("deployments", "--namespace", namespace):
        labels = one["spec"]["template"]["metadata"]["labels"]
        if one["spec"]["replicas"] > 1 and not any(selects(b["spec"]["selector"], labels) for b in budgets):
            words.append(f"{one['metadata']['name']} has {one['spec']['replicas']} replicas and no budget")
    return words

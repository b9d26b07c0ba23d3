"""Upgrade and rollback of a release, with every pod watched."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.deploy.cluster.access import Access, Object
from tests.deploy.verify.placed import wants_gpu
from tests.deploy.verify.ready import COMPONENT, Watch
from tests.deploy.verify.report import WrongError

_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many pods of a component have to be ready at every moment, and why it may be fewer than all."""

    least: int
    why: str = ""


def wanted(workloads: list[Object]) -> dict[str, Wanted]:
    """By component. All its replicas, where a Deployment rolls with maxUnavailable 0. WrongError where one does
    not and has no reason to: no GPU, which nobody has to spare, and no volume that one pod at a time can hold."""
    found, wrong = {}, []
    for one in workloads:
        component, spec = one["metadata"]["labels"].get(COMPONENT, ""), one["spec"]
        count = int(spec["replicas"])
        strategy = spec.get("strategy") or {}
        rolling = strategy.get("rollingUpdate") or {}
        if one["kind"] == "StatefulSet":
            found[component] = Wanted(count - 1, "StatefulSet")
        elif strategy.get("type") == "RollingUpdate" and rolling.get("maxUnavailable") in {0, "0", "0%"}:
            found[component] = Wanted(count)
        elif wants_gpu(spec["template"]) or _holds_a_volume(spec["template"]):
            found[component] = Wanted(0, f"{strategy.get('type')}, holds what another cannot")
        else:
            wrong.append(f"{one['metadata']['name']} may lose pods while it rolls: {strategy}")
    if wrong:
        raise WrongError("\n".join(wrong))
    return found


def watched(access: Access, namespace: str, change: Callable[[], object], image: str) -> list[str]:
    """Does `change` and returns, for each component, the ready pods at the worst moment. `image`: what must be in the
    image of every service's pods afterwards. WrongError where there were ever fewer than wanted."""
    workloads = access.list("deployments,statefulsets", "--namespace", namespace)
    with Watch(access, namespace) as watch:
        least = wanted(workloads)
        before = watch.ready.now()
        change()
    wrong = [watch.lost] if watch.lost else []
    for component, one in least.items():
        if watch.ready.lowest.get(component, 0) < one.least:
            wrong.append(
                f"{component}: {watch.ready.lowest.get(component, 0)} ready at the worst, wanted {one.least}"
            )
    wrong += _other_images(access, namespace, image)
    if wrong:
        raise WrongError("\n".join(wrong))
    return [_line(name, watch.ready.lowest.get(name, 0), before[name], one) for name, one in sorted(least.items())]


def _line(name: str, lowest: int, before: int, one: Wanted) -> str:
    because = f" ({one.why})" if one.why else ""
    return f"{name}: never fewer than {lowest} of {before} ready{because}"


def _other_images(access: Access, namespace: str, image: str) -> list[str]:
    """Pods of Deployments that still run another image, once they had time to go."""
    give_up = time.monotonic() + _SECONDS
    while True:
        pods = access.list("pods", "--namespace", namespace, "--field-selector=status.phase=Running")
        other = [
            f"{pod['metadata']['name']} runs {one['image']}, not {image}"
            for pod in pods
            for one in pod["spec"]["containers"]
            if "sluice-" in one["image"] and image not in one["image"]
        ]
        if not other or time.monotonic() >= give_up:
            return other
        time.sleep(_AGAIN_SECONDS)


def _holds_a_volume(template: Object) -> bool:
    return any("persistentVolumeClaim" in one for one in template["spec"].get("volumes") or [])

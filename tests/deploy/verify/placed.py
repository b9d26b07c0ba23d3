"""Where the scheduler put the pods of a release, and whether the one with a GPU is where the GPU is."""

import copy
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tests.deploy.cluster.access import Access, Object
from tests.deploy.cluster.nodes import GPU, GPU_NODE
from tests.deploy.verify.ready import COMPONENT
from tests.deploy.verify.report import WrongError

_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 0.5


def wants_gpu(pod: Object) -> bool:
    """Whether a pod, or a template of one, asks for a GPU."""
    return any(GPU in (one.get("resources", {}).get("limits") or {}) for one in pod["spec"]["containers"])


def all_running(access: Access, namespace: str) -> list[str]:
    """Each node's zone and count. WrongError where a pod does not run (those of Jobs and tests are to have ended)."""
    pods = access.list("pods", "--namespace", namespace)
    odd = [
        f"{pod['metadata']['name']}: {pod['status'].get('phase')} {waiting(pod)}"
        for pod in pods
        if pod["status"].get("phase") not in {"Running", "Succeeded"}
    ]
    if odd or not pods:
        raise WrongError("\n".join(odd) or "there is no pod")
    zones = _zones(access)
    running = [pod for pod in pods if pod["status"]["phase"] == "Running"]
    counts = Counter(zones[pod["spec"]["nodeName"]] for pod in running)
    where = ", ".join(f"{zone}: {count}" for zone, count in sorted(counts.items()))
    return [f"{len(running)} pods running, {len(pods) - len(running)} have ended ({where})"]


def spread(access: Access, namespace: str) -> list[str]:
    """Each component's zones. WrongError where two pods or more are in one zone alone, unless they ask to."""
    zones = _zones(access)
    found: dict[str, list[str]] = {}
    together = set()
    for pod in access.list("pods", "--namespace", namespace, "--field-selector=status.phase=Running"):
        component = (pod["metadata"].get("labels") or {}).get(COMPONENT, "")
        found.setdefault(component, []).append(zones[pod["spec"]["nodeName"]])
        if "podAffinity" in (pod["spec"].get("affinity") or {}):
            together.add(component)
    wrong = [
        f"{name}: {len(places)} pods, all in {places[0]}"
        for name, places in found.items()
        if len(places) > 1 and len(set(places)) == 1 and name not in together
    ]
    if wrong:
        raise WrongError("\n".join(wrong))
    return [_places(name, places, name in together) for name, places in sorted(found.items())]


def on_the_gpu(access: Access, namespace: str) -> list[str]:
    """Which pods run on the node with the GPU. WrongError where one that asks for a GPU does not, or another does."""
    pods = access.list("pods", "--namespace", namespace)
    asking = [pod for pod in pods if wants_gpu(pod)]
    if not asking:
        raise WrongError("no pod asks for a GPU")
    elsewhere = [
        pod for pod in asking if pod["spec"].get("nodeName") != GPU_NODE or pod["status"].get("phase") != "Running"
    ]
    guests = [pod for pod in pods if pod["spec"].get("nodeName") == GPU_NODE and not wants_gpu(pod)]
    wrong = [
        f"{pod['metadata']['name']} asks for a GPU: {pod['status'].get('phase')} {waiting(pod)}" for pod in elsewhere
    ]
    wrong += [f"{pod['metadata']['name']} asks for no GPU and takes a place on {GPU_NODE}" for pod in guests]
    if wrong:
        raise WrongError("\n".join(wrong))
    return [f"{pod['metadata']['name']} runs on {pod['spec']['nodeName']}" for pod in asking]


def refused_without_toleration(access: Access, namespace: str, rendered: Sequence[Object]) -> list[str]:
    """Applies what asks for a GPU without its tolerations, and sees the scheduler refuse it. WrongError where the pod
    finds a place, or is refused for another reason."""
    asking = [copy.deepcopy(one) for one in rendered if one["kind"] in {"Deployment", "StatefulSet"}]
    asking = [one for one in asking if wants_gpu(one["spec"]["template"])]
    if not asking:
        raise WrongError("nothing rendered asks for a GPU")
    for one in asking:
        one["spec"]["template"]["spec"].pop("tolerations", None)
        one["spec"]["template"]["spec"].pop("serviceAccountName", None)
        one["spec"]["template"]["spec"].pop("volumes", None)
        one["metadata"].pop("namespace", None)
        for container in _containers(one["spec"]["template"]["spec"]):
            container.pop("volumeMounts", None)
    access.apply(asking, "--namespace", namespace)
    try:
        return [_refusal(access, namespace)]
    finally:
        access.must("delete", "deployments,statefulsets", "--all", "--namespace", namespace, "--wait=true")


def waiting(pod: Object) -> str:
    """Why a pod has no node, in the scheduler's words; empty where it has one."""
    conditions = pod.get("status", {}).get("conditions", [])
    return "; ".join(
        one.get("message", "") for one in conditions if one["type"] == "PodScheduled" and one["status"] == "False"
    )


def _refusal(access: Access, namespace: str) -> str:
    give_up = time.monotonic() + _SECONDS
    while time.monotonic() < give_up:
        for pod in access.list("pods", "--namespace", namespace):
            if pod["spec"].get("nodeName"):
                raise WrongError(
                    f"{pod['metadata']['name']} landed on {pod['spec']['nodeName']} without a toleration"
                )
            if "untolerated taint" in waiting(pod):
                return f"{pod['metadata']['name']}: Pending: {waiting(pod)}"
        time.sleep(_AGAIN_SECONDS)
    raise WrongError(f"the scheduler has said nothing of an untolerated taint within {_SECONDS} s")


def _containers(spec: Object) -> list[Object]:
    return [*spec["containers"], *(spec.get("initContainers") or [])]


def _zones(access: Access) -> dict[str, str]:
    labelled = [node["metadata"] for node in access.list("nodes")]
    return {one["name"]: one["labels"]["topology.kubernetes.io/zone"] for one in labelled}


def _places(component: str, places: Sequence[str], together: bool) -> str:
    return f"{component}: {' '.join(sorted(places))}{' (by its own affinity)' if together else ''}"

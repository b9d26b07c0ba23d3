"""As many replicas as an autoscaler would give each Deployment at least: no pod here uses a processor, and no KEDA
runs.

The controller of HorizontalPodAutoscalers is the real one and keeps to their minimum without metrics. For a
ScaledObject its minimum is set here, as KEDA's own HorizontalPodAutoscaler would.
"""

import time
from typing import Final

from tests.deploy.cluster.access import Access, Object
from tests.deploy.verify.report import WrongError

_SECONDS: Final = 120
_AGAIN_SECONDS: Final = 1.0


def settle(access: Access, namespace: str) -> list[str]:
    """The replicas of each Deployment, once it has as many as it should. WrongError where it does not get there."""
    here = ("--namespace", namespace)
    least = {one["spec"]["scaleTargetRef"]["name"]: _least(one) for one in _scalers(access, namespace)}
    for one in access.list("scaledobjects.keda.sh", *here):
        name = one["spec"]["scaleTargetRef"]["name"]
        access.must("scale", f"deployment/{name}", f"--replicas={least[name]}", *here)
    give_up = time.monotonic() + _SECONDS
    while True:
        found = access.list("deployments", *here)
        short = [words for one in found if (words := _short(one, least.get(one["metadata"]["name"], 0)))]
        if not short:
            break
        if time.monotonic() >= give_up:
            raise WrongError("\n".join(short))
        time.sleep(_AGAIN_SECONDS)
    return [", ".join(f"{one['metadata']['name']} {one['spec']['replicas']}" for one in found)]


def _scalers(access: Access, namespace: str) -> list[Object]:
    kinds = "horizontalpodautoscalers.autoscaling,scaledobjects.keda.sh"
    return access.list(kinds, "--namespace", namespace)


def _least(scaler: Object) -> int:
    spec = scaler["spec"]
    return int(spec.get("minReplicaCount" if scaler["kind"] == "ScaledObject" else "minReplicas", 1))


def _short(deployment: Object, least: int) -> str:
    name, wanted = deployment["metadata"]["name"], deployment["spec"]["replicas"]
    ready = deployment.get("status", {}).get("readyReplicas", 0)
    return f"{name}: {ready} of {max(wanted, least)} replicas ready" if ready < max(wanted, least) else ""

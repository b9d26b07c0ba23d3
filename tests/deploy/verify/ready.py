"""How many pods of each workload were ready at the worst moment of a rollout, out of every change that the API server
told of."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.deploy.cluster.access import Access, Object

COMPONENT = "app.kubernetes.io/component"


@dataclass(slots=True)
class Ready:
    """The pods of a namespace as they are now, and the lowest count that each component has had."""

    pods: dict[str, Object] = field(default_factory=dict)
    lowest: dict[str, int] = field(default_factory=dict)

    def start(self, pods: Iterable[Object]) -> None:
        """The pods to begin with."""
        self.pods = {pod["metadata"]["uid"]: pod for pod in pods}
        self.lowest = dict(self.now())

    def see(self, kind: str, pod: Object) -> None:
        """A change: ADDED, MODIFIED or DELETED."""
        if kind == "DELETED":
            self.pods.pop(pod["metadata"]["uid"], None)
        else:
            self.pods[pod["metadata"]["uid"]] = pod
        now = self.now()
        self.lowest = {name: min(count, now[name]) for name, count in self.lowest.items()}

    def now(self) -> Counter[str]:
        """Ready pods of each component. One that is going away is not counted: no request reaches it any more."""
        return Counter(component(pod) for pod in self.pods.values() if is_ready(pod))


def is_ready(pod: Object) -> bool:
    """Whether requests would reach it."""
    conditions: list[Mapping[str, str]] = pod.get("status", {}).get("conditions", [])
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


class Watch:
    """Follows the pods of a namespace in a thread while the block runs."""

    def __init__(self, access: Access, namespace: str) -> None:
        self.ready = Ready()
        self._access = access
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="watch", daemon=True)
        self._version = ""
        self.lost = ""

    def __enter__(self) -> "Watch":
        listed = self._access.get(self._path)
        self._version = listed["metadata"]["resourceVersion"]
        self.ready.start(listed["items"])
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """The thread ends when a second has gone by without a change."""
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                for event in self._access.watch(self._path, self._version):
                    if event["type"] == "ERROR":
                        self.lost = str(event["object"].get("message"))
                        return
                    self._version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        self.ready.see(event["type"], event["object"])
            except OSError as error:
                self.lost = str(error)
                return


def component(pod: Object) -> str:
    """Which component's a pod is, by its label; empty where it has none."""
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    return labels.get(COMPONENT, "")

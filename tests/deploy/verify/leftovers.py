"""What a release leaves behind when it is uninstalled: what holds data, and nothing else."""

import time
from collections.abc import Sequence
from typing import Final

from tests.deploy.cluster.access import Access, Object
from tests.deploy.verify.report import WrongError

_SECONDS: Final = 90
_AGAIN_SECONDS: Final = 1.0
# Made by the control plane itself in every namespace, or its own notes.
_NOT_OURS: Final = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
# The volumes, and the topics: whoever removes a release has not said that its data may go.
_DATA: Final = frozenset({"PersistentVolumeClaim", "KafkaTopic"})
# It would ask each program of the control plane on a port that they do not have here.
_ASKED_ELSEWHERE: Final = frozenset({"componentstatuses"})
_NOTES: Final = frozenset({"events", "events.events.k8s.io", "leases.coordination.k8s.io"})


def after_uninstall(access: Access, namespace: str, release: str) -> list[str]:
    """What of the data was left. WrongError where anything else stays for a minute and a half."""
    give_up = time.monotonic() + _SECONDS
    while True:
        data, others = _split(_all(access, namespace) + _of_the_cluster(access, release))
        if not others:
            return [f"left: {', '.join(data) or 'nothing'}"]
        if time.monotonic() >= give_up:
            raise WrongError(f"left behind after {_SECONDS} s: {', '.join(others)}")
        time.sleep(_AGAIN_SECONDS)


def _split(left: Sequence[Object]) -> tuple[list[str], list[str]]:
    names = [(one["kind"], one["metadata"]["name"]) for one in left]
    data = [f"{kind}/{name}" for kind, name in names if kind in _DATA]
    others = [f"{kind}/{name}" for kind, name in names if kind not in _DATA and (kind, name) not in _NOT_OURS]
    return data, others


def _all(access: Access, namespace: str) -> list[Object]:
    told = access.must("api-resources", "--namespaced", "--verbs=list", "--output=name")
    kinds = sorted(set(told.split()) - _NOTES)
    return access.list(",".join(kinds), "--namespace", namespace)


def _of_the_cluster(access: Access, release: str) -> list[Object]:
    told = access.must("api-resources", "--namespaced=false", "--verbs=list", "--output=name")
    kinds = sorted(set(told.split()) - _ASKED_ELSEWHERE)
    return access.list(",".join(kinds), "--selector", f"app.kubernetes.io/instance={release}")

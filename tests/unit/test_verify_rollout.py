"""How many pods a rollout may take away, by how a workload says that it rolls."""

from typing import Any

import pytest

from tests.deploy.verify.report import WrongError
from tests.deploy.verify.rollout import Wanted, wanted

ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
GPU = {"resources": {"limits": {"nvidia.com/gpu": 1}}}


def _workload(strategy: dict[str, Any], kind: str = "Deployment", **pod: Any) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "a"}], **pod}}
    metadata = {"name": "verify-ingest", "labels": {"app.kubernetes.io/component": "ingest"}}
    return {"kind": kind, "metadata": metadata, "spec": {"replicas": 3, "strategy": strategy, "template": template}}


def test_a_deployment_that_adds_first_keeps_all_its_pods() -> None:
    assert wanted([_workload(ROLLING)]) == {"ingest": Wanted(3)}


def test_one_of_a_stateful_set_may_be_missing() -> None:
    assert wanted([_workload({}, kind="StatefulSet")])["ingest"].least == 2


@pytest.mark.parametrize(
    "pod", [{"containers": [GPU]}, {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "v"}}]}]
)
def test_who_holds_what_nobody_has_twice_may_be_away(pod: dict[str, Any]) -> None:
    assert wanted([_workload({"type": "Recreate"}, **pod)])["ingest"].least == 0


@pytest.mark.parametrize(
    "strategy",
    [{}, {"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}],
)
def test_a_service_that_may_lose_pods_while_it_rolls_is_wrong(strategy: dict[str, Any]) -> None:
    with pytest.raises(WrongError, match="verify-ingest may lose pods while it rolls"):
        wanted([_workload(strategy)])

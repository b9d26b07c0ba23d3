"""Which network policies a pod has, and which rules open too much."""

from typing import Any

import pytest

from tests.deploy.verify.network import covered, selects
from tests.deploy.verify.report import WrongError

PORT = {"port": 9093, "protocol": "TCP"}
PEER = {"podSelector": {"matchLabels": {"app": "kafka"}}}


def _deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"component": name}}, "spec": {"containers": []}}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": template}}


def _policy(name: str, **spec: Any) -> dict[str, Any]:
    whole = {"podSelector": {"matchLabels": {"component": name}}, "policyTypes": ["Ingress", "Egress"], **spec}
    return {"kind": "NetworkPolicy", "metadata": {"name": name}, "spec": whole}


@pytest.mark.parametrize(
    ("selector", "labels", "meant"),
    [
        ({}, {"a": "1"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchLabels": {"a": "1"}}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, True),
    ],
)
def test_a_selector_means_what_kubernetes_says(selector: dict[str, Any], labels: dict[str, str], meant: bool) -> None:
    assert selects(selector, labels) is meant


def test_each_workload_with_a_policy_of_its_own_is_told_with_its_rules() -> None:
    policy = _policy("ingest", ingress=[{"from": [PEER]}], egress=[{"to": [PEER], "ports": [PORT]}] * 2)
    assert [str(one) for one in covered([_deployment("ingest"), policy])] == [
        "Deployment/ingest: ingest (1 rules in, 2 rules out)"
    ]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (_policy("other"), r"Deployment/ingest has policies of its own for \[\]"),
        (_policy("ingest", podSelector={}), r"Deployment/ingest has policies of its own for \[\]"),
        (_policy("ingest", policyTypes=["Ingress"]), r"Deployment/ingest .* \['Ingress'\]"),
        (_policy("ingest", egress=[{}]), "reach everybody"),
        (_policy("ingest", egress=[{"ports": [PORT]}]), "reach everybody"),
        (_policy("ingest", egress=[{"to": [PEER]}]), "reach every port"),
        (_policy("ingest", ingress=[{"ports": [PORT]}]), "admits everybody"),
    ],
)
def test_what_leaves_a_door_open_is_wrong(policy: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongError, match=words):
        covered([_deployment("ingest"), policy])

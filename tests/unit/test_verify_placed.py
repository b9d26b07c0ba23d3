"""Which pods ask for a GPU, and why a pod has no node."""

from typing import Any

import pytest

from tests.deploy.verify.placed import waiting, wants_gpu


@pytest.mark.parametrize(
    ("resources", "wants"),
    [
        ({"limits": {"nvidia.com/gpu": 1}}, True),
        ({"limits": {"memory": "1Gi"}}, False),
        ({"limits": None}, False),
        ({"requests": {"nvidia.com/gpu": 1}}, False),
        ({}, False),
    ],
)
def test_a_gpu_is_asked_for_by_its_limit(resources: dict[str, Any], wants: bool) -> None:
    assert wants_gpu({"spec": {"containers": [{"name": "a"}, {"name": "b", "resources": resources}]}}) is wants


def test_the_scheduler_says_why_a_pod_has_no_node() -> None:
    refused = {"type": "PodScheduled", "status": "False", "message": "1 node(s) had untolerated taint"}
    assert waiting({"status": {"conditions": [refused]}}) == "1 node(s) had untolerated taint"
    assert waiting({"status": {"conditions": [{**refused, "status": "True"}]}}) == ""
    assert waiting({}) == ""

"""The nodes that the scheduler sees: three zones, and a node with a GPU that nobody lands on by chance."""

from typing import Final

from tests.deploy.cluster.access import Object

GPU: Final = "nvidia.com/gpu"
GPU_NODE: Final = "gpu-0"
ZONES: Final = ("zone-a", "zone-b", "zone-c")
CLASSES: Final = ("verify", "shared")

_VOLUMES: Final = 40


def nodes() -> list[Object]:
    """Two nodes a zone, and the one with a GPU, tainted as the device plugin's documentation advises."""
    plain = [_node(f"{zone}-{number}", zone, {}) for zone in ZONES for number in range(2)]
    gpu = _node(GPU_NODE, ZONES[0], {GPU: "1"})
    gpu["metadata"]["labels"]["nvidia.com/gpu.present"] = "true"
    gpu["spec"] = {"taints": [{"key": GPU, "value": "present", "effect": "NoSchedule"}]}
    return [*plain, gpu]


def storage() -> list[Object]:
    """A default storage class and one for volumes that several machines mount, and volumes of both: there is no
    provisioner, and a claim without a volume holds its pod up."""
    return [
        *(_storage_class(name) for name in CLASSES),
        *(_volume(name, n) for name in CLASSES for n in range(_VOLUMES)),
    ]


def claim(name: str) -> Object:
    """A claim that the chart is told exists."""
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def _storage_class(name: str) -> Object:
    default = {"storageclass.kubernetes.io/is-default-class": str(name == CLASSES[0]).lower()}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": default},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _node(name: str, zone: str, more: dict[str, str]) -> Object:
    there = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "500Gi", "pods": "110", **more}
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"capacity": there, "allocatable": there},
    }


def _volume(storage_class: str, number: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{storage_class}-{number}"},
        "spec": {
            "storageClassName": storage_class,
            "capacity": {"storage": "1Ti"},
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
            "hostPath": {"path": "/nowhere"},
        },
    }

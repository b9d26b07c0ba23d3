"""The nodes that are made up."""

from tests.deploy.cluster.nodes import CLASSES, GPU, GPU_NODE, ZONES, nodes, storage


def test_there_are_three_zones_and_one_node_with_a_gpu_that_is_tainted() -> None:
    found = {one["metadata"]["name"]: one for one in nodes()}
    zones = {one["metadata"]["labels"]["topology.kubernetes.io/zone"] for one in found.values()}
    assert zones == set(ZONES)
    assert [name for name, one in found.items() if GPU in one["status"]["allocatable"]] == [GPU_NODE]
    assert [name for name, one in found.items() if "taints" in one.get("spec", {})] == [GPU_NODE]


def test_each_storage_class_has_volumes_and_the_first_is_the_default() -> None:
    made = storage()
    classes = {one["metadata"]["name"]: one for one in made if one["kind"] == "StorageClass"}
    default = "storageclass.kubernetes.io/is-default-class"
    assert [classes[name]["metadata"]["annotations"][default] for name in CLASSES] == ["true", "false"]
    volumes = [one["spec"]["storageClassName"] for one in made if one["kind"] == "PersistentVolume"]
    assert {name: volumes.count(name) for name in CLASSES} == {"verify": 40, "shared": 40}

"""Pods as a namespace that enforces Pod Security "restricted" takes them, asked by gRPC, and stopped slowly."""

import pytest

from tests.deploy.chart import VALUE_FILES, Object, Rendered, render

SERVICES = (
    "c2pa-signer",
    "gateway",
    "hash-matcher",
    "image-classifier",
    "image-text-classifier",
    "ingest",
    "orchestrator",
    "person-classifier",
    "provenance",
    "reporter",
    "text-classifier",
)
KEEPS_RECORDS = {"provenance", "reporter", "gateway"}
"""Who may have a volume of its own."""


@pytest.fixture(params=VALUE_FILES)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(request.param)


def containers(pod: Object) -> list[Object]:
    return [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]


def test_every_pod_is_restricted(rendered: Rendered) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards, and more: nothing can be written but what
    is mounted for it, and there is no token of the API server."""
    found = list(rendered.pods())
    assert len(found) > len(SERVICES)
    for at, pod in found:
        spec, security = pod["spec"], pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, at
        assert security["runAsUser"] == security["runAsGroup"] == security["fsGroup"] > 0, at
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, at
        assert spec["automountServiceAccountToken"] is False, at
        assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & spec.keys(), at
        allowed = {"name", "emptyDir", "configMap", "secret", "persistentVolumeClaim", "image"}
        assert all(volume.keys() <= allowed for volume in spec["volumes"]), at
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, at
            assert own["privileged"] is False, at
            assert own["readOnlyRootFilesystem"] is True, at
            assert own["capabilities"] == {"drop": ["ALL"]}, at
            assert own["seccompProfile"] == {"type": "RuntimeDefault"}, at


def test_every_container_says_what_it_needs(rendered: Rendered) -> None:
    for at, pod in rendered.pods():
        for container in containers(pod):
            resources = container["resources"]
            assert resources["requests"].keys() >= {"cpu", "memory"}, at
            assert "memory" in resources["limits"], at
            assert "cpu" not in resources["limits"], at


def test_every_component_has_an_account_of_its_own_that_can_do_nothing(rendered: Rendered) -> None:
    accounts = rendered.of("ServiceAccount")
    used = [pod["spec"]["serviceAccountName"] for _, pod in rendered.pods()]
    assert sorted(used) == sorted(accounts)
    assert all(account["automountServiceAccountToken"] is False for account in accounts.values())
    assert not [one["kind"] for one in rendered.objects if "Role" in one["kind"]]


def test_probes_ask_the_port_without_tls_by_number(rendered: Rendered) -> None:
    for name in SERVICES:
        container = rendered.one("Deployment", name)["spec"]["template"]["spec"]["containers"][0]
        assert container["startupProbe"]["grpc"] == {"port": 50052, "service": "live"}
        assert container["livenessProbe"]["grpc"] == {"port": 50052, "service": "live"}
        assert container["readinessProbe"]["grpc"] == {"port": 50052}
        assert {port["name"]: port["containerPort"] for port in container["ports"]}["health"] == 50052
        assert {"name": "SLUICE_HEALTH_ADDRESS", "value": "0.0.0.0:50052"} in container["env"]


def test_a_pod_has_time_to_drain_before_it_is_killed(rendered: Rendered) -> None:
    for name in SERVICES:
        spec = rendered.one("Deployment", name)["spec"]["template"]["spec"]
        env = {one["name"]: one.get("value") for one in spec["containers"][0]["env"]}
        pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] > pause + 3 * int(env["SLUICE_DRAIN_SECONDS"])


def test_a_new_pod_is_ready_before_an_old_one_goes(rendered: Rendered) -> None:
    for name in SERVICES:
        spec = rendered.one("Deployment", name)["spec"]
        claims = [volume for volume in spec["template"]["spec"]["volumes"] if volume["name"] == "home"]
        if "persistentVolumeClaim" in claims[0]:
            assert name in KEEPS_RECORDS
            assert (spec["strategy"], spec["replicas"]) == ({"type": "Recreate"}, 1)
        else:
            assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_every_pod_is_a_member_by_its_own_name(rendered: Rendered) -> None:
    for name in SERVICES:
        env = rendered.one("Deployment", name)["spec"]["template"]["spec"]["containers"][0]["env"]
        instance = next(one for one in env if one["name"] == "SLUICE_INSTANCE")
        assert instance["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_a_drain_of_nodes_takes_one_pod_at_a_time(rendered: Rendered) -> None:
    """But for those that must be on one node, for a volume: the first of them finds no other place before the last is
    gone, and a budget that waits for it would hold up the drain for ever."""
    for name in SERVICES:
        budget = rendered.one("PodDisruptionBudget", name)["spec"]
        together = "podAffinity" in rendered.one("Deployment", name)["spec"]["template"]["spec"].get("affinity", {})
        assert budget["maxUnavailable"] == ("100%" if together else 1), name
        assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert budget["selector"] == rendered.one("Deployment", name)["spec"]["selector"]


def test_pods_spread_over_zones_and_machines(rendered: Rendered) -> None:
    for name in SERVICES:
        spec = rendered.one("Deployment", name)["spec"]["template"]["spec"]
        keys = [one["topologyKey"] for one in spec["topologySpreadConstraints"]]
        assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]


def test_no_variable_is_given_twice(rendered: Rendered) -> None:
    for at, pod in rendered.pods():
        for container in containers(pod):
            names = [one["name"] for one in container.get("env", [])]
            assert len(names) == len(set(names)), at


def test_no_pod_can_fill_its_node(rendered: Rendered) -> None:
    for at, pod in rendered.pods():
        folders = [volume for volume in pod["spec"]["volumes"] if "emptyDir" in volume and volume["name"] != "models"]
        assert folders, at
        assert all("sizeLimit" in volume["emptyDir"] for volume in folders), at


def test_every_mount_has_a_volume_and_every_volume_a_mount(rendered: Rendered) -> None:
    for at, pod in rendered.pods():
        mounted = {mount["name"] for container in containers(pod) for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["spec"]["volumes"]}, at


def test_a_volume_of_one_machine_keeps_its_pods_together() -> None:
    small = render("small")
    for name in SERVICES:
        pod = small.one("Deployment", name)["spec"]["template"]
        mounts = any(volume["name"] == "objects" for volume in pod["spec"]["volumes"])
        assert ("sluice.dev/mounts-objects" in pod["metadata"]["labels"]) is mounts
        assert ("affinity" in pod["spec"]) is mounts
    spread = render("production").one("Deployment", "hash-matcher")["spec"]["template"]["spec"]
    assert "affinity" not in spread

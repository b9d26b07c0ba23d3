"""What stands around the services: topics, scaling, alerts, dashboards, Triton."""

import shutil
from pathlib import Path

import yaml

from deploy.chart.files import CHECKOUT
from sluice.bus.access import PRINCIPALS
from sluice.bus.topics import TOPICS
from tests.deploy.chart import CHART, Object, render

SCALED = {
    "ingest",
    "text-classifier",
    "image-classifier",
    "image-text-classifier",
    "person-classifier",
    "hash-matcher",
    "orchestrator",
    "c2pa-signer",
}


def test_scaling_by_processor_time_is_what_there_is_without_more() -> None:
    rendered = render()
    assert {name.removeprefix("sluice-") for name in rendered.of("HorizontalPodAutoscaler")} == SCALED
    assert not rendered.of("ScaledObject")
    scaler = rendered.one("HorizontalPodAutoscaler", "ingest")["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "sluice-ingest"}
    assert scaler["metrics"][0]["containerResource"]["container"] == "ingest"


def test_who_is_scaled_begins_with_as_many_as_its_scaler_keeps() -> None:
    """One that is left out is one, until the scaler looks. What a server has of it before, only a server can tell."""
    for name, kind, least in (
        ("values", "HorizontalPodAutoscaler", "minReplicas"),
        ("production", "ScaledObject", "minReplicaCount"),
    ):
        rendered = render(name, {"services": {"ingest": {"replicas": 7}}})
        for component in SCALED:
            wanted = rendered.one(kind, component)["spec"][least]
            assert rendered.one("Deployment", component)["spec"]["replicas"] == wanted >= 2, component


def test_replicas_can_be_left_to_the_scaler_where_no_server_is_asked() -> None:
    left = {"defaults": {"autoscaling": {"keepReplicas": False}}}
    for at, deployment in render("production", left).of("Deployment").items():
        assert ("replicas" in deployment["spec"]) is (at.removeprefix("sluice-") not in {*SCALED, "gateway"}), at
    for at, deployment in render("small", left).of("Deployment").items():
        assert deployment["spec"]["replicas"] == 1, at


def test_the_reporter_is_scaled_where_that_is_asked_for_and_its_ledger_is_shared() -> None:
    scaled = {"services": {"reporter": {"autoscaling": {"enabled": True, "min": 1, "max": 4}}}}
    (trigger,) = render("production", scaled).one("ScaledObject", "reporter")["spec"]["triggers"]
    assert (trigger["metadata"]["topic"], trigger["metadata"]["consumerGroup"]) == (
        "moderation.incidents",
        "sluice-reporter",
    )
    # One volume is for one.
    assert "sluice-reporter" not in render("values", scaled).of("HorizontalPodAutoscaler")


def test_the_gateway_goes_by_processor_time_wherever_its_keys_are_shared() -> None:
    """It is in no group, so there is no lag of its own, and partitions are no bound."""
    by_time = render("production", {"services": {"gateway": {"autoscaling": {"max": 100}}}})
    assert set(by_time.of("HorizontalPodAutoscaler")) == {"sluice-gateway"}
    assert "sluice-gateway" not in by_time.of("ScaledObject")
    scaler = by_time.one("HorizontalPodAutoscaler", "gateway")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 100)
    assert by_time.one("Deployment", "gateway")["spec"]["replicas"] == 3
    neither = render("production", {"keda": {"enabled": False}})
    assert not neither.of("HorizontalPodAutoscaler")
    # One volume is for one.
    assert "sluice-gateway" not in render().of("HorizontalPodAutoscaler")


def test_scaling_by_lag_asks_for_every_topic_and_says_only_strings() -> None:
    rendered = render("production")
    scaled = rendered.of("ScaledObject")
    assert {name.removeprefix("sluice-") for name in scaled} == SCALED
    for name, one in scaled.items():
        spec = one["spec"]
        assert spec["minReplicaCount"] >= 1
        assert spec["maxReplicaCount"] <= 48
        for trigger in spec["triggers"]:
            assert all(isinstance(value, str) for value in trigger["metadata"].values()), name
            assert trigger["metadata"]["sasl"] == "scram_sha512"
            assert trigger["metadata"]["tls"] == "enable"
            assert trigger["authenticationRef"] == {"name": "sluice-kafka-lag"}
    topics = {one["metadata"]["topic"] for one in scaled["sluice-image-text-classifier"]["spec"]["triggers"]}
    assert topics == {"moderation.contents", "moderation.contents.bulk"}
    parameters = {
        one["parameter"] for one in rendered.one("TriggerAuthentication", "kafka-lag")["spec"]["secretTargetRef"]
    }
    assert parameters == {"username", "password", "ca"}


def test_the_job_makes_the_topics_with_the_values_partitions() -> None:
    (job,) = render("values", {"kafka": {"partitions": 24}}).of("Job").values()
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["topics", "create"]
    told = {one["name"]: one["value"] for one in container["env"]}
    assert (told["SLUICE_PARTITIONS"], told["SLUICE_REPLICATION"]) == ("24", "3")
    assert told["KAFKA_SASL_USERNAME"] == "sluice-topics"


def test_a_job_that_does_something_else_has_another_name() -> None:
    changes: list[dict[str, object]] = [
        {"kafka": {"partitions": 24}},
        {"image": {"tag": "9"}},
        {"commonLabels": {"team": "a"}},
        {"topics": {"job": {"access": True}}},
    ]
    names = [one for change in ({}, *changes) for one in render("values", change).of("Job")]
    assert len(set(names)) == len(changes) + 1
    assert list(render("values", {"services": {"ingest": {"replicas": 3}}}).of("Job")) == names[:1]


def test_a_chart_of_another_version_makes_another_job(tmp_path: Path) -> None:
    """Labels have the chart's version, and the template of a Job cannot be changed: not even its labels."""
    newer = tmp_path / "sluice"
    shutil.copytree(CHART, newer)
    about = yaml.safe_load((newer / "Chart.yaml").read_text()) | {"version": "9.9.9"}
    (newer / "Chart.yaml").write_text(yaml.safe_dump(about))
    same = {"image": {"tag": "same"}}
    (before,) = render("values", same).of("Job").values()
    (after,) = render("values", same, newer).of("Job").values()
    assert before["spec"]["template"]["spec"] == after["spec"]["template"]["spec"]
    assert before["spec"]["template"] != after["spec"]["template"]
    assert before["metadata"]["name"] != after["metadata"]["name"]


def test_the_job_grants_as_a_user_who_may() -> None:
    (job,) = render("values", {"topics": {"job": {"access": True}}}).of("Job").values()
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["topics", "create", "--access", "--principal-prefix", "sluice-"]
    assert {"name": "KAFKA_SASL_USERNAME", "value": "sluice-access"} in container["env"]


def test_strimzi_is_asked_for_every_topic_and_user() -> None:
    rendered = render("production")
    topics, users = rendered.of("KafkaTopic"), rendered.of("KafkaUser")
    assert topics.keys() == {spec.topic.value for spec in TOPICS}
    # The Job's two are not here: nobody but the operator makes topics and grants access.
    assert users.keys() == {f"sluice-{one.name}" for one in PRINCIPALS} - {"sluice-topics", "sluice-access"}
    for one in [*topics.values(), *users.values()]:
        assert one["apiVersion"] == "kafka.strimzi.io/v1"
        assert one["metadata"]["labels"]["strimzi.io/cluster"] == "sluice"
    assert all(one["spec"]["partitions"] == 48 for one in topics.values())
    assert topics["moderation.decisions"]["spec"]["config"]["min.insync.replicas"] == "2"
    writers = [
        name
        for name, user in users.items()
        for acl in user["spec"]["authorization"]["acls"]
        if acl["resource"].get("name") == "assets.approved" and "Write" in acl["operations"]
    ]
    assert writers == ["sluice-orchestrator"]


def test_alerts_are_those_of_the_repository() -> None:
    found = render("production").of("PrometheusRule")
    rules = {
        path.name.removesuffix(".rules.yaml"): path for path in (CHECKOUT / "deploy/prometheus").glob("*.rules.yaml")
    }
    assert found.keys() == {f"sluice-rules-{name}" for name in rules}
    for name, path in rules.items():
        wanted, groups = yaml.safe_load(path.read_text())["groups"], found[f"sluice-rules-{name}"]["spec"]["groups"]
        for group in [*wanted, *groups]:
            for rule in group["rules"]:
                # The one that is made for the services that there are.
                if rule.get("alert") == "SluiceServiceAbsent":
                    rule["expr"] = sorted(rule["expr"].split(" or "))
        assert groups == wanted


def test_a_service_that_is_not_run_is_not_missed() -> None:
    off = {"monitoring": {"rules": {"enabled": True}}, "services": {"provenance": {"enabled": False}}}
    groups = render("values", off).one("PrometheusRule", "rules-services")["spec"]["groups"]
    expr = next(rule["expr"] for rule in groups[0]["rules"] if rule["alert"] == "SluiceServiceAbsent")
    assert "provenance" not in expr
    assert 'absent(sluice_ready{service="ingest"})' in expr


def test_prometheus_calls_the_job_what_the_rules_call_it() -> None:
    monitor = render("production").one("PodMonitor", "services")["spec"]
    assert monitor["jobLabel"] == "app.kubernetes.io/part-of"
    pod = render("production").one("Deployment", "ingest")["spec"]["template"]
    assert pod["metadata"]["labels"]["app.kubernetes.io/part-of"] == "sluice"
    assert monitor["podMetricsEndpoints"][0]["port"] in {
        port["name"] for port in pod["spec"]["containers"][0]["ports"]
    }


def test_dashboards_are_those_of_the_repository() -> None:
    found = render("production").of("ConfigMap")
    for path in (CHECKOUT / "deploy/grafana/dashboards").glob("*.json"):
        config = found[f"sluice-dashboard-{path.stem}"]
        assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert yaml.safe_load(config["data"][path.name]) == yaml.safe_load(path.read_text())


def test_triton_lands_on_a_gpu() -> None:
    spec = render("gpu").one("Deployment", "triton")["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert (
        container["resources"]["requests"]["nvidia.com/gpu"]
        == container["resources"]["limits"]["nvidia.com/gpu"]
        == 1
    )
    assert spec["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}} in spec["volumes"]
    keys = {one["name"]: one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"] if "valueFrom" in one}
    assert keys == {"ADMIN_KEY": "admin-key", "MEMORY_KEY": "memory-key"}


def test_every_source_of_tritons_models() -> None:
    sources = {
        "pvc": {"pvc": {"existingClaim": "models"}},
        "oci": {"oci": {"reference": "registry.example.org/models:1"}},
        "copy": {"copy": {"reference": "registry.example.org/models:1"}},
        "s3": {"s3": {"url": "s3://models/one", "existingSecret": "models"}},
    }
    for source, more in sources.items():
        values = {
            "triton": {"enabled": True, "models": {"source": source, **more}},
            "egress": {"modelStore": {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}},
        }
        spec = render("values", values).one("Deployment", "triton")["spec"]["template"]["spec"]
        repository = next(one for one in spec["containers"][0]["env"] if one["name"] == "REPOSITORY")["value"]
        assert repository == ("s3://models/one" if source == "s3" else "/models")
        volume: Object = next((one for one in spec["volumes"] if one["name"] == "models"), {})
        kinds = {"pvc": "persistentVolumeClaim", "oci": "image", "copy": "emptyDir"}
        assert volume.keys() - {"name"} == ({kinds[source]} if source in kinds else set())
        assert ("initContainers" in spec) is (source == "copy")
        assert ("envFrom" in spec["containers"][0]) is (source == "s3")


def test_the_checks_ask_triton_where_there_is_one() -> None:
    for name, address in (("gpu", "sluice-triton:8001"), ("values", None)):
        env = render(name).one("Deployment", "image-classifier")["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {one["name"]: one.get("value") for one in env}.get("SLUICE_TRITON_URL") == address

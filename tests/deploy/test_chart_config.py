"""What services are told: who may call, which user they are at the broker, which files they follow; and no secret."""

import json
from pathlib import Path

import pytest
import yaml

from sluice.host.peers import parse_peers
from tests.deploy.chart import VALUE_FILES, render
from tests.deploy.chart_told import container, env, volume

WHERE_A_KEY_IS = {"SLUICE_C2PA_KEY", "SLUICE_VAULT_KEY"}
"""Names of variables that end as those of secrets do, and say where one lies."""


@pytest.mark.parametrize("name", VALUE_FILES)
def test_no_object_holds_a_secret(name: str) -> None:
    rendered = render(name)
    assert not rendered.of("Secret")
    text = json.dumps([one.get("data") for one in rendered.of("ConfigMap").values()])
    assert "PRIVATE KEY" not in text
    for at, pod in rendered.pods():
        for one in pod["spec"]["containers"][0].get("env", []):
            if one["name"].endswith(("PASSWORD", "SECRET", "TOKEN", "_KEY")) and one["name"] not in WHERE_A_KEY_IS:
                assert "secretKeyRef" in one["valueFrom"], at


def test_every_service_has_credentials_of_its_own_for_the_store() -> None:
    rendered = render("values", {"objectStore": {"existingSecret": "objects-NAME"}})
    found = {
        name.removeprefix("sluice-"): container(rendered, name.removeprefix("sluice-")).get("envFrom")
        for name in rendered.of("Deployment")
    }
    # It has no prefix of the store, so it is given nothing.
    assert found.pop("orchestrator") is None
    assert found == {name: [{"secretRef": {"name": f"objects-{name}"}}] for name in found}
    named = {
        "objectStore": {"existingSecret": "objects-NAME"},
        "services": {"ingest": {"objectStore": {"existingSecret": "a"}}},
    }
    assert container(render("values", named), "ingest")["envFrom"] == [{"secretRef": {"name": "a"}}]


def test_the_signing_key_is_mounted_by_the_signer_alone() -> None:
    rendered = render()
    holders = [
        name
        for name, deployment in rendered.of("Deployment").items()
        if any(
            one.get("secret", {}).get("secretName") == "sluice-c2pa"
            for one in deployment["spec"]["template"]["spec"]["volumes"]
        )
    ]
    assert holders == ["sluice-c2pa-signer"]


def test_every_service_is_another_user_with_its_own_password() -> None:
    rendered = render()
    users = {}
    for name in rendered.of("Deployment"):
        component = name.removeprefix("sluice-")
        users[component] = env(rendered, component)["KAFKA_SASL_USERNAME"]
        assert volume(rendered, component, "kafka-user")["secret"] == {
            "secretName": f"sluice-{component}",
            "defaultMode": 0o440,
            "items": [{"key": "password", "path": "password"}],
        }
        assert env(rendered, component)["KAFKA_SASL_PASSWORD_FILE"] == "/etc/sluice/kafka-user/password"
        assert env(rendered, component)["KAFKA_SSL_CA_LOCATION"] == "/etc/sluice/kafka-ca/ca.crt"
    assert users == {component: f"sluice-{component}" for component in users}


def test_with_certificates_a_service_shows_its_own() -> None:
    kafka = {"securityProtocol": "SSL", "tls": {"clientCertificates": True}}
    rendered = render("values", {"kafka": kafka})
    told = env(rendered, "ingest")
    assert told["KAFKA_SSL_CERTIFICATE_LOCATION"] == "/etc/sluice/kafka-user/user.crt"
    assert told["KAFKA_SSL_KEY_LOCATION"] == "/etc/sluice/kafka-user/user.key"
    assert "KAFKA_SASL_USERNAME" not in told


def test_the_list_of_peers_is_one_that_the_service_takes(tmp_path: Path) -> None:
    rendered = render("production")
    text = rendered.of("ConfigMap")["sluice-orchestrator-peers"]["data"]["peers.yaml"]
    peers = parse_peers(tmp_path / "peers.yaml", text.encode())
    generator, stranger = frozenset({"spiffe://sluice/generator/generator"}), frozenset({"spiffe://sluice/x/y"})
    assert peers.allows("sluice.v1.Orchestrator/Moderate", generator)
    assert peers.allows("sluice.v1.Orchestrator/Moderate", frozenset({"spiffe://sluice/moderation/test"}))
    assert not peers.allows("sluice.v1.Orchestrator/Moderate", stranger)
    assert not peers.allows("sluice.v1.Ingest/Prepare", generator)
    # It may ask for a decision and no more, and not even that where it is not there.
    assert not peers.allows("sluice.v1.Orchestrator/Other", frozenset({"spiffe://sluice/moderation/test"}))
    assert (
        "/test"
        not in render("production", {"test": {"enabled": False}}).of("ConfigMap")["sluice-orchestrator-peers"][
            "data"
        ]["peers.yaml"]
    )
    nobody = rendered.of("ConfigMap")["sluice-text-classifier-peers"]["data"]["peers.yaml"]
    assert not parse_peers(tmp_path / "peers.yaml", nobody.encode()).allowed


def test_every_component_that_speaks_grpc_has_a_certificate_with_its_identity() -> None:
    rendered = render("production")
    for name, deployment in rendered.of("Deployment").items():
        component = name.removeprefix("sluice-")
        if component == "hash-sync":
            continue
        secret = volume(rendered, component, "tls")["secret"]["secretName"]
        certificate = rendered.one("Certificate", component)["spec"]
        assert certificate["secretName"] == secret
        assert certificate["uris"] == [f"spiffe://sluice/moderation/{component}"]
        assert f"{name}.moderation.svc" in certificate["dnsNames"]
        assert certificate["usages"] == ["digital signature", "server auth", "client auth"]
        assert certificate["privateKey"]["rotationPolicy"] == "Always"
        assert certificate["issuerRef"]["name"] == "sluice-ca"
        assert env(rendered, component)["SLUICE_TLS_DIR"] == "/etc/sluice/tls"
        assert "SLUICE_GRPC_PLAINTEXT" not in env(rendered, component)
        assert deployment["metadata"]["namespace"] == "moderation"


def test_plaintext_is_said_aloud() -> None:
    rendered = render("small")
    told = env(rendered, "orchestrator")
    assert told["SLUICE_GRPC_PLAINTEXT"] == "1"
    assert not {"SLUICE_TLS_DIR", "SLUICE_PEERS"} & told.keys()
    assert not rendered.of("Certificate")


def test_what_is_followed_is_mounted_as_a_folder_and_restarts_nothing() -> None:
    policy = {"policy": {"text": "version: one\n"}, "nameLists": {"files": {"artists.csv": "name\n"}}}
    before = render("values", policy)
    changed = {"policy": {"text": "version: two\n"}, "nameLists": {"files": {"artists.csv": "names\n"}}}
    after = render("values", changed)
    assert env(before, "orchestrator")["SLUICE_POLICY"] == "/etc/sluice/policy/policy.yaml"
    assert env(before, "text-classifier")["SLUICE_NAME_LISTS"] == "/etc/sluice/lists"
    assert before.of("ConfigMap")["sluice-policy"]["data"] == {"policy.yaml": "version: one\n"}
    assert before.of("ConfigMap")["sluice-policy"] != after.of("ConfigMap")["sluice-policy"]
    assert before.of("Deployment") == after.of("Deployment")
    for at, pod in before.pods():
        mounts = pod["spec"]["containers"][0]["volumeMounts"]
        assert not [one for one in mounts if one["mountPath"].startswith("/etc/") and "subPath" in one], at


def test_text_is_kept_as_it_stands() -> None:
    """A first line that is indented would else be taken for the indentation of all."""
    text = "   # ours\nversion: 1\n"
    rendered = render("values", {"policy": {"text": text}, "nameLists": {"files": {"a.csv": text}}})
    assert rendered.of("ConfigMap")["sluice-policy"]["data"] == {"policy.yaml": text}
    assert rendered.of("ConfigMap")["sluice-lists"]["data"] == {"a.csv": text}


def test_a_port_with_tls_is_not_called_http_in_clear() -> None:
    for name, wanted in (("values", None), ("small", "kubernetes.io/h2c")):
        port = render(name).one("Service", "orchestrator")["spec"]["ports"][0]
        assert port.get("appProtocol") == wanted


def test_a_policy_of_ones_own_config_map() -> None:
    rendered = render("values", {"policy": {"existingConfigMap": "mine"}})
    assert volume(rendered, "ingest", "policy")["configMap"] == {"name": "mine"}
    assert "sluice-policy" not in rendered.of("ConfigMap")


def test_models_from_a_claim_and_from_an_image() -> None:
    claim = render("values", {"models": {"source": "volume", "volume": {"existingClaim": "models"}}})
    assert volume(claim, "person-classifier", "models")["persistentVolumeClaim"]["claimName"] == "models"
    assert env(claim, "person-classifier")["SLUICE_MODELS"] == "/srv/models"
    assert "SLUICE_MODELS" not in env(claim, "ingest")
    image = render("values", {"models": {"source": "oci", "oci": {"reference": "registry.example.org/models:1"}}})
    assert volume(image, "text-classifier", "models")["image"]["reference"] == "registry.example.org/models:1"


def test_a_service_of_ones_own_needs_no_template() -> None:
    values = {
        "services": {
            "brand-safety": {"group": "sluice-brand", "reads": ["moderation.contents"], "needs": ["models"]}
        },
        "defaults": {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}},
    }
    rendered = render("values", values)
    mine = container(rendered, "brand-safety")
    assert mine["args"] == ["serve", "brand-safety"]
    assert mine["image"] == "sluice-brand-safety:0.1.0"
    for kind in ("Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"):
        assert rendered.one(kind, "brand-safety")


def test_images_by_registry_tag_and_digest() -> None:
    digest = f"sha256:{'0' * 64}"
    values = {
        "image": {"registry": "registry.example.org/a", "tag": "1.2.3"},
        "services": {
            "ingest": {"image": {"digest": digest}},
            "orchestrator": {"image": {"repository": "other.example.org/b"}},
        },
        "global": {"imagePullSecrets": [{"name": "pull"}]},
    }
    rendered = render("values", values)
    assert container(rendered, "ingest")["image"] == f"registry.example.org/a/sluice-ingest@{digest}"
    assert container(rendered, "orchestrator")["image"] == "other.example.org/b:1.2.3"
    asked = rendered.one("Pod", "test")["spec"]["containers"][0]
    assert asked["image"] == "other.example.org/b:1.2.3"
    assert all(pod["spec"]["imagePullSecrets"] == [{"name": "pull"}] for _, pod in rendered.pods())


def test_what_one_service_needs_beside_is_given_to_it_alone() -> None:
    own = {
        "env": {"SLUICE_MAX_PIXELS": "1000"},
        "podLabels": {"team": "a"},
        "podAnnotations": {"note": "b"},
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "moderation", "operator": "Exists"}],
        "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    }
    rendered = render("values", {"services": {"ingest": own}, "commonLabels": {"cost": "c"}})
    assert env(rendered, "ingest")["SLUICE_MAX_PIXELS"] == "1000"
    pod = rendered.one("Deployment", "ingest")["spec"]["template"]
    assert {"team": "a", "cost": "c"}.items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["annotations"] == {"note": "b"}
    assert pod["spec"]["nodeSelector"] == {"disk": "fast"}
    assert pod["spec"]["tolerations"] == own["tolerations"]
    assert {"name": "more", "emptyDir": {}} in pod["spec"]["volumes"]
    assert "SLUICE_MAX_PIXELS" not in env(rendered, "orchestrator")


def test_what_a_service_says_itself_goes_before_what_the_chart_says() -> None:
    told = {"env": {"SLUICE_TRACE_SAMPLE": "0.5", "AWS_REGION": "b"}}
    values = {"services": {"ingest": told}, "objectStore": {"env": {"AWS_REGION": "a"}}}
    rendered = render("values", values)
    assert env(rendered, "ingest")["SLUICE_TRACE_SAMPLE"] == "0.5"
    assert env(rendered, "ingest")["AWS_REGION"] == "b"
    assert env(rendered, "c2pa-signer")["AWS_REGION"] == "a"


def test_external_secrets_name_where_each_value_is() -> None:
    found = render("production").of("ExternalSecret")["sluice-exchanges"]["spec"]
    assert found["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}
    assert found["target"]["name"] == "sluice-exchanges"
    assert {one["secretKey"] for one in found["data"]} == {"NCMEC_USER", "NCMEC_PASSWORD"}


def test_the_list_sync_lays_its_files_and_alone_writes_the_store() -> None:
    rendered = render("production")
    spec = rendered.one("Deployment", "hash-sync")["spec"]["template"]["spec"]
    assert spec["containers"][0]["args"] == ["hashes", "sync", "--watch", "--every", "5m", "--store", "/srv/hashes"]
    assert spec["containers"][0]["envFrom"] == [{"secretRef": {"name": "sluice-exchanges"}}]
    data = rendered.of("ConfigMap")["sluice-hash-sync"]["data"]
    assert yaml.safe_load(data["sources.yaml"])["partner-2026"]["exchange"] == "ncmec"
    mounts = container(rendered, "hash-matcher")["volumeMounts"]
    assert {"name": "hashes", "mountPath": "/srv/hashes", "readOnly": True} in mounts


def test_a_test_asks_the_orchestrator_with_a_certificate() -> None:
    rendered = render("production")
    pod = rendered.one("Pod", "test")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    told = {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
    assert told["ORCHESTRATOR"] == "sluice-orchestrator:50051"
    assert told["SLUICE_CLIENT_TLS_DIR"] == "/etc/sluice/tls"
    assert "OrchestratorStub" in rendered.of("ConfigMap")["sluice-test"]["data"]["ask.py"]

"""What services are told: who may call, which user they are at the broker, which files they follow; and no secret."""

import json
from pathlib import Path

import pytest
import yaml

from sluice.host.peers import parse_peers
from tests.deploy.chart import VALUE_FILES, Object, Rendered, render


def container(rendered: Rendered, component: str) -> Object:
    found: Object = rendered.one("Deployment", component)["spec"]["template"]["spec"]["containers"][0]
    return found


def env(rendered: Rendered, component: str) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container(rendered, component)["env"]}


def volume(rendered: Rendered, component: str, name: str) -> Object:
    volumes = rendered.one("Deployment", component)["spec"]["template"]["spec"]["volumes"]
    return next((one for one in volumes if one["name"] == name), {})


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


def test_evidence_its_key_and_the_tip_line_are_the_reporters_alone() -> None:
    told = {
        "tipline": {
            "url": "https://report.cybertip.org/ispws",
            "existingSecret": "sluice-tipline",
            "reporter": {"firstName": "Ann", "lastName": "Smith", "email": "a@example.org", "service": "Example"},
            "schemaConfigMap": "ncmec",
            "caConfigMap": "authorities",
        },
        "vault": {"people": {"text": "ann.smith:\n"}},
        "egress": {"ncmec": {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}},
    }
    rendered = render("values", told)
    for name in rendered.of("Deployment"):
        component = name.removeprefix("sluice-")
        variables = {one for one in env(rendered, component) if one.startswith(("SLUICE_VAULT", "SLUICE_TIPLINE"))}
        mounted = {one["name"] for one in container(rendered, component)["volumeMounts"]}
        assert bool(variables) is (component == "reporter"), name
        assert bool(mounted & {"vault", "vault-people", "tipline"}) is (component == "reporter"), name
    assert volume(rendered, "reporter", "vault")["secret"] == {
        "secretName": "sluice-vault",
        "defaultMode": 0o440,
        "items": [{"key": "vault.keys", "path": "vault.keys"}],
    }
    assert volume(rendered, "reporter", "tipline")["secret"]["secretName"] == "sluice-tipline"
    assert volume(rendered, "reporter", "tipline")["secret"]["defaultMode"] == 0o440
    said = env(rendered, "reporter")
    assert said["SLUICE_VAULT_KEY"] == "file:///etc/sluice/vault/vault.keys"
    assert said["SLUICE_VAULT_ANCHOR"] == "/var/lib/sluice/audit.head"
    assert said["SLUICE_VAULT_PEOPLE"] == "/etc/sluice/vault-people/people"
    assert said["SLUICE_TIPLINE_URL"] == "https://report.cybertip.org/ispws"
    assert said["SLUICE_TIPLINE_PASSWORD_FILE"] == "/etc/sluice/tipline/password"
    assert said["SLUICE_TIPLINE_SCHEMA"] == "/etc/sluice/tipline-schema/schema.xsd"
    assert said["SLUICE_TIPLINE_CA"] == "/etc/sluice/tipline-ca/ca.crt"
    assert said["SLUICE_TIPLINE_SIMULATOR"] == "0"
    assert said["SLUICE_REPORTER_EMAIL"] == "a@example.org"
    assert rendered.of("ConfigMap")["sluice-vault-people"]["data"] == {"people": "ann.smith:\n"}


@pytest.mark.parametrize("name", VALUE_FILES)
def test_nothing_is_sent_and_everything_waits_for_a_person_until_somebody_says_otherwise(name: str) -> None:
    said = env(render(name), "reporter")
    assert said["SLUICE_REPORTER_HOLD"] == "1"
    assert not [one for one in said if one.startswith("SLUICE_TIPLINE")]


def test_a_key_service_needs_no_secret_and_several_reporters_share_one_anchor() -> None:
    rendered = render("production")
    said = env(rendered, "reporter")
    assert said["SLUICE_VAULT_KEY"] == "awskms:///alias/sluice-evidence"
    assert not volume(rendered, "reporter", "vault")
    assert said["SLUICE_VAULT_ANCHOR"] == "/srv/anchor/audit.head"
    claim = rendered.one("PersistentVolumeClaim", "anchor")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    rotating = {"vault": {"key": "file:///etc/sluice/vault/vault.keys,awskms:///alias/sluice-evidence"}}
    assert volume(render("production", rotating), "reporter", "vault")
    own = render("production", {"vault": {"anchor": {"existingClaim": "mine"}}})
    assert volume(own, "reporter", "anchor")["persistentVolumeClaim"] == {"claimName": "mine"}
    assert "sluice-anchor" not in own.of("PersistentVolumeClaim")


def test_trust_and_safety_and_nobody_else_is_on_the_reporters_list(tmp_path: Path) -> None:
    text = render("production").of("ConfigMap")["sluice-reporter-peers"]["data"]["peers.yaml"]
    peers = parse_peers(tmp_path / "peers.yaml", text.encode())
    reviewer = frozenset({"spiffe://sluice/trust-and-safety/reviewer"})
    for method in (
        "ListIncidents",
        "GetIncident",
        "ConfirmIncident",
        "ReleaseIncident",
        "ReportIncident",
        "FileIncident",
    ):
        assert peers.allows(f"sluice.v1.Reporter/{method}", reviewer)
        for other in ("spiffe://sluice/generator/generator", "spiffe://sluice/moderation/orchestrator"):
            assert not peers.allows(f"sluice.v1.Reporter/{method}", frozenset({other}))
    assert peers.allowed.keys() == {"sluice.v1.Reporter/*"}


@pytest.mark.parametrize("name", VALUE_FILES)
def test_the_gateway_is_told_whom_to_ask_and_shows_its_own_certificate(name: str) -> None:
    rendered = render(name)
    said = env(rendered, "gateway")
    assert said["SLUICE_ORCHESTRATOR_ADDRESS"] == "dns:///sluice-orchestrator:50051"
    assert said["SLUICE_INGEST_ADDRESS"] == "dns:///sluice-ingest:50051"
    assert said["SLUICE_GATEWAY_ADDRESS"] == "0.0.0.0:8080"
    secured = "SLUICE_GRPC_PLAINTEXT" not in said
    assert said.get("SLUICE_CLIENT_TLS_DIR", "") == ("/etc/sluice/tls" if secured else "")
    if secured:
        assert volume(rendered, "gateway", "tls")["secret"]["secretName"] == "sluice-gateway-tls"
    others = [pod for at, pod in rendered.pods() if at.startswith("Deployment") and not at.endswith("-gateway")]
    variables = {one["name"] for pod in others for one in pod["spec"]["containers"][0].get("env", [])}
    assert variables
    assert "SLUICE_CLIENT_TLS_DIR" not in variables


def test_the_gateway_may_ask_for_a_decision_and_hand_in_pictures_and_nothing_else(tmp_path: Path) -> None:
    who = frozenset({"spiffe://sluice/moderation/gateway"})
    maps = render("production").of("ConfigMap")
    named = set()
    for name in (one for one in maps if one.endswith("-peers")):
        peers = parse_peers(tmp_path / "peers.yaml", maps[name]["data"]["peers.yaml"].encode())
        named |= {method for method, allowed in peers.allowed.items() if allowed & who}
        if name == "sluice-orchestrator-peers":
            assert peers.allows("sluice.v1.Orchestrator/Moderate", who)
            assert not peers.allows("sluice.v1.Orchestrator/ModerateStream", who)
    assert named == {"sluice.v1.Orchestrator/Moderate", "sluice.v1.Ingest/Prepare"}
    # Nobody asks the gateway itself over gRPC.
    assert parse_peers(tmp_path / "p", maps["sluice-gateway-peers"]["data"]["peers.yaml"].encode()).allowed == {}


def test_a_first_key_is_a_file_of_a_secret_and_the_gateways_alone() -> None:
    assert "SLUICE_API_KEY_FILE" not in env(render(), "gateway")
    rendered = render("values", {"gateway": {"firstKey": {"existingSecret": "first"}}})
    assert env(rendered, "gateway")["SLUICE_API_KEY_FILE"] == "/etc/sluice/first-key/key"
    assert volume(rendered, "gateway", "first-key")["secret"] == {
        "secretName": "first",
        "defaultMode": 0o440,
        "items": [{"key": "key", "path": "key"}],
    }
    holders = [one for one in rendered.of("Deployment") if volume(rendered, one.removeprefix("sluice-"), "first-key")]
    assert holders == ["sluice-gateway"]


def test_keys_are_on_a_volume_of_one_or_in_one_database_for_all() -> None:
    assert volume(render(), "gateway", "home")["persistentVolumeClaim"] == {"claimName": "sluice-gateway"}
    said = env(render("production"), "gateway")
    assert said["SLUICE_GATEWAY_DB"].startswith("postgresql://")
    assert "emptyDir" in volume(render("production"), "gateway", "home")


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

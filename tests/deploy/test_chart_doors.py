"""What the reporter and the gateway are told: whose evidence, where reports go, who may call, whom to ask."""

from pathlib import Path

import pytest

from sluice.host.peers import parse_peers
from tests.deploy.chart import VALUE_FILES, render
from tests.deploy.chart_told import container, env, volume


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
    for key in (
        "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
        "azurekms://n.vault.azure.net/k/1",
        "hashivault://k",
    ):
        assert env(render("production", {"vault": {"key": key}}), "reporter")["SLUICE_VAULT_KEY"] == key
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

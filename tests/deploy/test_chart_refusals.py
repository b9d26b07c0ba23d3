"""Values that cannot work are refused before anything is installed, and the message names what is to be mended."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.deploy.chart import refusal, render

SOMEWHERE: Final = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}
SYNC: Final = {"tag": "with-clients"}
POSTGRES: Final = {"SLUICE_PROVENANCE_DB": "postgresql://db/provenance"}
TIPLINE: Final[Mapping[str, Any]] = {
    "url": "https://exttest.cybertip.org/ispws",
    "existingSecret": "sluice-tipline",
    "reporter": {"firstName": "Ann", "lastName": "Smith", "email": "ann@example.org", "service": "Example"},
}


def of(service: str, **values: object) -> dict[str, Any]:
    return {"services": {service: values}}


def tipline(**values: object) -> dict[str, Any]:
    return {"tipline": {**TIPLINE, **values}, "egress": {"ncmec": SOMEWHERE}}


def gateway(**values: object) -> dict[str, Any]:
    """Somebody may come."""
    return {"gateway": values, **of("gateway", http={"from": [{"podSelector": {}}]})}


INGRESS: Final = {"enabled": True, "hosts": ["moderation.example.org"], "tlsSecret": "certificate"}
ROUTE: Final = {"enabled": True, "hosts": ["moderation.example.org"], "parentRefs": [{"name": "public"}]}
WRONG: Final[Mapping[str, Mapping[str, Any]]] = {
    "hpa.enabled and keda.enabled": {"keda": {"enabled": True, "existingSecret": "a"}},
    "keda.existingSecret is empty": {"hpa": {"enabled": False}, "keda": {"enabled": True}},
    "services.ingest.replicas is 13 and kafka.partitions is 12": of("ingest", replicas=13),
    "services.ingest.autoscaling.max is 13 and kafka.partitions is 12": of("ingest", autoscaling={"max": 13}),
    "services.ingest.autoscaling.min is 5, more than its max, 4": of("ingest", autoscaling={"min": 5, "max": 4}),
    "services.mine.group and services.mine.reads": {
        "hpa": {"enabled": False},
        "keda": {"enabled": True, "existingSecret": "a"},
        **of("mine", autoscaling={"enabled": True}),
    },
    "services.provenance.replicas is 2 with persistence.enabled": of("provenance", replicas=2),
    "services.provenance.persistence.enabled is false": of("provenance", persistence={"enabled": False}),
    "services.reporter.replicas is 2 with persistence.enabled: its volume is for one; take PostgreSQL": of(
        "reporter", replicas=2
    ),
    "services.reporter.persistence.enabled is false: its records": of("reporter", persistence={"enabled": False}),
    "services.provenance.persistence.enabled is false: its records": of(
        "provenance", persistence={"enabled": False}, autoscaling={"enabled": True}
    ),
    "objectStore.env.AWS_SECRET_ACCESS_KEY: a secret": {"objectStore": {"env": {"AWS_SECRET_ACCESS_KEY": "x"}}},
    "objectStore.env.AZURE_STORAGE_ACCOUNT_KEY: a secret": {
        "objectStore": {"env": {"AZURE_STORAGE_ACCOUNT_KEY": "x"}}
    },
    "services.c2pa-signer.env.PKCS11_PIN: a secret": of("c2pa-signer", env={"PKCS11_PIN": "1234"}),
    "services.ingest.extraEnv, SOME_TOKEN: a secret": of("ingest", extraEnv=[{"name": "SOME_TOKEN", "value": "x"}]),
    "services.provenance.env.SLUICE_PROVENANCE_DB holds a password": {
        "egress": {"database": SOMEWHERE},
        **of("provenance", env={"SLUICE_PROVENANCE_DB": "postgresql://sluice:x@db/provenance"}),
    },
    "services.provenance.extraEnv, SLUICE_PROVENANCE_DB holds a password": of(
        "provenance", extraEnv=[{"name": "SLUICE_PROVENANCE_DB", "value": "postgresql://db/p?password=x"}]
    ),
    "c2pa.key holds a password": {"c2pa": {"key": "pkcs11:token=a;object=b?pin-value=1234"}},
    "monitoring.otlpEndpoint holds a password": {
        "egress": {"telemetry": SOMEWHERE},
        "monitoring": {"otlpEndpoint": "http://a:b@collector:4317"},
    },
    "services.ingest.env.SLUICE_TLS_DIR: the chart sets": of("ingest", env={"SLUICE_TLS_DIR": ""}),
    "services.c2pa-signer.env.SLUICE_GRPC_PLAINTEXT: the chart sets": {
        "defaults": {"env": {"SLUICE_GRPC_PLAINTEXT": "1"}}
    },
    "services.ingest.extraEnv, SLUICE_INSTANCE: the chart sets": of(
        "ingest", extraEnv=[{"name": "SLUICE_INSTANCE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]
    ),
    "objectStore.env.KAFKA_SECURITY_PROTOCOL: the chart sets": {
        "objectStore": {"env": {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}}
    },
    'objectStore.existingSecret is "one", without NAME': {"objectStore": {"existingSecret": "one"}},
    "egress.objectStore.to is empty and objectStore.url is s3://sluice": {"egress": {"objectStore": {"to": []}}},
    "egress.deadLetters.to is empty and objectStore.url is s3://sluice": {"egress": {"deadLetters": {"to": []}}},
    "kafka.tls.clientCertificates is false": {
        "kafka": {"securityProtocol": "SSL"},
        "topics": {"job": {"access": True}},
    },
    "hashes.sync.image is empty": {"egress": {"exchanges": SOMEWHERE}, "hashes": {"sync": {"enabled": True}}},
    "egress.database.to is empty": of("provenance", persistence={"enabled": False}, env=POSTGRES),
    "services.ingest.http.variable is empty": of("ingest", http={"enabled": True}),
    "services.ingest.env.KAFKA_SASL_PASSWORD: a secret": of("ingest", env={"KAFKA_SASL_PASSWORD": "x"}),
    "services.ingest.env.AWS_SECRET_ACCESS_KEY: a secret": of("ingest", env={"AWS_SECRET_ACCESS_KEY": "x"}),
    'egress.kafka names "ingets"': {"egress": {"kafka": {"services": ["ingets"]}}},
    'services.orchestrator.peers names "generater"': of(
        "orchestrator", peers={"sluice.v1.Orchestrator/*": ["generater"]}
    ),
    "tls.certManager.issuerRef.name is empty": {"tls": {"mode": "certManager"}},
    "tls.certManager.issuerRef.name and tls.certManager.ownCa.enabled": {
        "tls": {"mode": "certManager", "certManager": {"issuerRef": {"name": "a"}, "ownCa": {"enabled": True}}}
    },
    'tls.certManager.clients names "someone"': {"tls": {"certManager": {"clients": ["someone"]}}},
    "topics.strimzi.authentication should be tls": {
        "kafka": {"securityProtocol": "SSL", "tls": {"clientCertificates": True}},
        "topics": {"mode": "strimzi"},
    },
    "topics.strimzi.authentication should be scram-sha-512": {
        "topics": {"mode": "strimzi", "strimzi": {"authentication": "tls"}}
    },
    "topics.job.access is true and kafka.securityProtocol is PLAINTEXT": {
        "kafka": {"securityProtocol": "PLAINTEXT"},
        "topics": {"job": {"access": True}},
    },
    'egress.strangers.services names "orchestrator"': {"egress": {"strangers": {"services": ["orchestrator"]}}},
    'vault.url is "file:///srv/evidence"': {"vault": {"url": "file:///srv/evidence"}},
    "services.reporter.persistence.enabled is false: evidence would go": {
        "vault": {"url": "file:///var/lib/sluice/vault"},
        "egress": {"database": SOMEWHERE},
        **of("reporter", persistence={"enabled": False}, env={"SLUICE_REPORTER_DB": "postgresql://db/reporter"}),
    },
    "one lies in the other": {
        "vault": {"url": "file:///var/lib/sluice/objects/vault"},
        "objectStore": {"url": "file:///var/lib/sluice/objects"},
    },
    "vault.url and objectStore.url are in one bucket, s3://sluice:": {"vault": {"url": "s3://sluice/evidence"}},
    "vault.url and objectStore.url are in one bucket, gs://both:": {
        "vault": {"url": "gs://both"},
        "objectStore": {"url": "gs://both/objects/"},
    },
    "vault.url holds a password": {"vault": {"url": "s3://a:b@evidence"}},
    "vault.anchor.accessModes is without ReadWriteMany": {
        "vault": {"anchor": {"accessModes": ["ReadWriteOnce"]}},
        "egress": {"database": SOMEWHERE},
        **of(
            "reporter",
            replicas=2,
            persistence={"enabled": False},
            env={"SLUICE_REPORTER_DB": "postgresql://db/reporter"},
        ),
    },
    "egress.vault.to is empty and vault.url is s3://sluice-evidence": {"egress": {"vault": {"to": []}}},
    "egress.vaultKeys.to is empty": {"vault": {"key": "awskms:///alias/evidence"}},
    "egress.vaultKeys.to is empty and vault.key names": {"vault": {"key": "hashivault://evidence"}},
    "egress.ncmec.to is empty and tipline.url": {"tipline": TIPLINE},
    "egress.database.to is empty and services.reporter.env.SLUICE_REPORTER_DB": of(
        "reporter", persistence={"enabled": False}, env={"SLUICE_REPORTER_DB": "postgresql://db/reporter"}
    ),
    "tipline.existingSecret is empty": tipline(existingSecret=""),
    "tipline.reporter.email is empty": tipline(reporter={**TIPLINE["reporter"], "email": ""}),
    'tipline.url is "http://report.example.org/ispws": only a simulator': tipline(
        url="http://report.example.org/ispws"
    ),
    'tipline.simulator is true and tipline.url is "https://report.cybertip.org/ispws"': tipline(
        url="https://report.cybertip.org/ispws", simulator=True
    ),
    "tipline.simulator is true and tipline.url is empty": {"tipline": {"simulator": True}},
    "services.reporter.env.SLUICE_TIPLINE_URL: the chart sets": of(
        "reporter", env={"SLUICE_TIPLINE_URL": "https://report.cybertip.org/ispws"}
    ),
    "services.reporter.env.SLUICE_REPORTER_HOLD: the chart sets": of("reporter", env={"SLUICE_REPORTER_HOLD": "0"}),
    "services.reporter.extraEnv, SLUICE_VAULT_KEY: the chart sets": of(
        "reporter", extraEnv=[{"name": "SLUICE_VAULT_KEY", "value": "file:///tmp/keys"}]
    ),
    "services.gateway.replicas is 2 with persistence.enabled: its volume is for one; take PostgreSQL": of(
        "gateway", replicas=2
    ),
    "services.gateway.persistence.enabled is false: its records": of("gateway", persistence={"enabled": False}),
    "egress.database.to is empty and services.gateway.env.SLUICE_GATEWAY_DB": of(
        "gateway", persistence={"enabled": False}, env={"SLUICE_GATEWAY_DB": "postgresql://db/gateway"}
    ),
    "services.orchestrator.enabled is false and services.gateway.enabled": of("orchestrator", enabled=False),
    "services.ingest.enabled is false and services.gateway.enabled": of("ingest", enabled=False),
    "services.gateway.http.enabled is false": of("gateway", http={"enabled": False}),
    "services.gateway.http.from is empty and gateway.ingress.enabled is true": {"gateway": {"ingress": INGRESS}},
    "services.gateway.http.from is empty and gateway.route.enabled is true": {"gateway": {"route": ROUTE}},
    "gateway.ingress.enabled is true and services.gateway.enabled is false": {
        "gateway": {"ingress": INGRESS},
        **of("gateway", enabled=False),
    },
    "gateway.ingress.hosts is empty": gateway(ingress={**INGRESS, "hosts": []}),
    "gateway.route.hosts is empty": gateway(route={**ROUTE, "hosts": []}),
    "gateway.ingress.tlsSecret is empty: API keys would travel in the clear": gateway(
        ingress={**INGRESS, "tlsSecret": ""}
    ),
    "gateway.ingress.plainHttp is true and gateway.ingress.tlsSecret": gateway(
        ingress={**INGRESS, "plainHttp": True}
    ),
    "gateway.route.parentRefs is empty": gateway(route={**ROUTE, "parentRefs": []}),
    "services.gateway.env.SLUICE_API_KEY: the chart sets": of("gateway", env={"SLUICE_API_KEY": "sk-sluice-x"}),
    "services.gateway.env.SLUICE_CLIENT_TLS_DIR: the chart sets": of("gateway", env={"SLUICE_CLIENT_TLS_DIR": ""}),
    "services.gateway.env.SLUICE_ORCHESTRATOR_ADDRESS: the chart sets": of(
        "gateway", env={"SLUICE_ORCHESTRATOR_ADDRESS": "elsewhere:50051"}
    ),
    "services.gateway.env.SLUICE_GATEWAY_DB holds a password": {
        "egress": {"database": SOMEWHERE},
        **of("gateway", env={"SLUICE_GATEWAY_DB": "postgresql://sluice:x@db/gateway"}),
    },
    "egress.strangers.to is empty": of("ingest", env={"SLUICE_FETCH_ALLOW": "img.example.org"}),
    "egress.telemetry.to is empty": {"monitoring": {"otlpEndpoint": "http://collector:4317"}},
    "egress.keys.to is empty": {"c2pa": {"key": "awskms:///alias/a"}},
    "egress.timestamps.to is empty": {"c2pa": {"timestampAuthorities": ["https://tsa.example.org"]}},
    "egress.exchanges.to is empty": {"hashes": {"sync": {"enabled": True}}},
    "egress.modelStore.to is empty": {
        "triton": {"enabled": True, "models": {"source": "s3", "s3": {"url": "s3://models"}}}
    },
    "objectStore.url is": {"objectStore": {"url": "file:///srv/objects"}},
    "models.volume.existingClaim is empty": {"models": {"source": "volume"}},
    "models.oci.reference is empty": {"models": {"source": "oci"}},
    "policy.shadow.text is empty": of("policy-shadow", enabled=True),
    "hashes.store.banks: the list sync writes it": {"hashes": {"store": {"banks": {"a": {}}}}},
    "hashes.store.enabled is false": {
        "egress": {"exchanges": SOMEWHERE},
        "hashes": {"store": {"enabled": False}, "sync": {"enabled": True, "image": SYNC}},
    },
    "hashes.sync.sources and hashes.store.banks": {
        "egress": {"exchanges": SOMEWHERE},
        "hashes": {"sync": {"enabled": True, "image": SYNC}},
    },
    "triton.models.oci.reference is empty": {"triton": {"enabled": True, "models": {"source": "oci"}}},
    "externalSecrets.storeRef.name is empty": {"externalSecrets": {"enabled": True}},
}

MISTYPED: Final[Mapping[str, Mapping[str, Any]]] = {
    "bootstrapServer": {"kafka": {"bootstrapServer": "kafka:9092"}},
    "replica": of("ingest", replica=2),
    "Replicas": {"defaults": {"Replicas": 2}},
    "securityProtocol": {"kafka": {"securityProtocol": "SASL-SSL"}},
    "networkPolicies": {"networkPolicies": {"enabled": False}},
    "mode": {"tls": {"mode": "none"}},
    "SLUICE_MAX_PIXELS": of("ingest", env={"SLUICE_MAX_PIXELS": 1000}),
    "replicas": of("ingest", replicas="two"),
    "awskm:///alias/a": {"vault": {"key": "awskm:///alias/a"}},
    "/tipline/url": {"tipline": {"url": "report.cybertip.org"}},
    "podSelctor": {"egress": {"kafka": {"to": [{"podSelctor": {}}]}}},
    "Ingest_2": of("Ingest_2"),
    "/gateway/ingress/hosts/0": gateway(ingress={**INGRESS, "hosts": ["https://moderation.example.org"]}),
    "/gateway/paths/0": gateway(paths=["v1"]),
    "parentRefs/0": gateway(route={**ROUTE, "parentRefs": [{"namespace": "gateways"}]}),
}


@pytest.mark.parametrize("message", WRONG)
def test_it_says_what_to_mend(message: str) -> None:
    assert message in refusal(WRONG[message])


@pytest.mark.parametrize("name", MISTYPED)
def test_the_schema_refuses_what_nobody_knows(name: str) -> None:
    words = refusal(MISTYPED[name])
    assert "values don't meet the specifications of the schema" in words
    assert name in words


def test_what_is_asked_for_in_these_messages_works() -> None:
    mended = {
        "egress": {
            "database": SOMEWHERE,
            "strangers": SOMEWHERE,
            "keys": SOMEWHERE,
            "objectStore": SOMEWHERE,
            "vaultKeys": SOMEWHERE,
            "ncmec": SOMEWHERE,
        },
        "vault": {"key": "file:///etc/sluice/vault/vault.keys,awskms:///alias/evidence"},
        "tipline": TIPLINE,
        "c2pa": {"key": "awskms:///alias/a"},
        "objectStore": {"existingSecret": "sluice-objects", "sharedSecret": True},
        "services": {
            "provenance": {"replicas": 2, "persistence": {"enabled": False}, "env": POSTGRES},
            "reporter": {
                "replicas": 2,
                "persistence": {"enabled": False},
                "env": {"SLUICE_REPORTER_DB": "postgresql://db/reporter"},
            },
            "ingest": {"replicas": 12, "env": {"SLUICE_FETCH_ALLOW": "img.example.org"}},
        },
    }
    rendered = render("values", mended)
    assert rendered.one("Deployment", "provenance")["spec"]["replicas"] == 2
    assert rendered.one("Deployment", "reporter")["spec"]["replicas"] == 2


def test_what_only_looks_like_a_secret_is_taken() -> None:
    taken = {
        "objectStore": {"env": {"AWS_REGION": "a", "GOOGLE_APPLICATION_CREDENTIALS": "/etc/key.json"}},
        "c2pa": {"key": "pkcs11:token=a;object=b?pin-source=/etc/pin"},
        "services": {
            "ingest": {"extraEnv": [{"name": "A_TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]},
            "provenance": {
                "persistence": {"enabled": False},
                "extraEnv": [
                    {"name": "SLUICE_PROVENANCE_DB", "valueFrom": {"secretKeyRef": {"name": "a", "key": "url"}}}
                ],
            },
        },
    }
    assert render("values", taken).one("Deployment", "provenance")

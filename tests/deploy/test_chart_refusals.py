"""Values that cannot work are refused before anything is installed, and the message names what is to be mended."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.deploy.chart import refusal, render

SOMEWHERE: Final = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}
POSTGRES: Final = {"SLUICE_PROVENANCE_DB": "postgresql://db/provenance"}


def of(service: str, **values: object) -> dict[str, Any]:
    return {"services": {service: values}}


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
    "services.provenance.replicas is 2: replicas share their records": of(
        "provenance", replicas=2, persistence={"enabled": False}
    ),
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
        "kafka": {"securityProtocol": "SSL"},
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
        "hashes": {"store": {"enabled": False}, "sync": {"enabled": True}},
    },
    "hashes.sync.sources and hashes.store.banks": {
        "egress": {"exchanges": SOMEWHERE},
        "hashes": {"sync": {"enabled": True}},
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
    "podSelctor": {"egress": {"kafka": {"to": [{"podSelctor": {}}]}}},
    "Ingest_2": of("Ingest_2"),
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
        "egress": {"database": SOMEWHERE, "strangers": SOMEWHERE, "keys": SOMEWHERE},
        "c2pa": {"key": "awskms:///alias/a"},
        "services": {
            "provenance": {"replicas": 2, "persistence": {"enabled": False}, "env": POSTGRES},
            "ingest": {"replicas": 12, "env": {"SLUICE_FETCH_ALLOW": "img.example.org"}},
        },
    }
    assert render("values", mended).one("Deployment", "provenance")["spec"]["replicas"] == 2

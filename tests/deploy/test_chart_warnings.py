"""What the chart allows and warns of, in NOTES."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.chart import CHART, VALUE_FILES, render

EVERYWHERE: Final = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}
TIPLINE: Final[Mapping[str, Any]] = {
    "egress": {"ncmec": {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}},
    "tipline": {
        "url": "https://tipline.example.org/ispws",
        "existingSecret": "sluice-tipline",
        "reporter": {"firstName": "Ann", "lastName": "Smith", "email": "ann@example.org", "service": "Example"},
    },
}
WARNED: Final[Mapping[str, Mapping[str, Any]]] = {
    "egress.timestamps leads to a whole internet (a network /0) on port 80, 443: c2pa-signer.": {
        "egress": {"timestamps": EVERYWHERE}
    },
    "egress.strangers leads to a whole internet (a network /0) on port 443: ingest.": {
        "egress": {"strangers": {"to": [{"ipBlock": {"cidr": "::/0"}}]}}
    },
    "objectStore.sharedSecret is true.": {"objectStore": {"existingSecret": "one", "sharedSecret": True}},
    "kafka.tls.clientCertificates is false.": {"kafka": {"securityProtocol": "SSL"}},
    "topics.strimzi.namespace is kafka.": {"topics": {"mode": "strimzi", "strimzi": {"namespace": "kafka"}}},
    "tls.mode is plaintext.": {"tls": {"mode": "plaintext"}},
    "networkPolicy.enabled is false.": {"networkPolicy": {"enabled": False}},
    "hashes.testBank is true.": {"hashes": {"testBank": True}},
    "hashes.requiredBanks is empty.": {},
    "vault.url is a folder of the reporter's volume.": {"vault": {"url": "file:///var/lib/sluice/vault"}},
    "tipline.hold is false.": {"tipline": {"hold": False}},
    "tipline.schemaConfigMap is empty.": TIPLINE,
    "tipline.simulator is true.": {**TIPLINE, "tipline": {**TIPLINE["tipline"], "simulator": True}},
    "gateway.ingress.plainHttp is true.": {
        "gateway": {"ingress": {"enabled": True, "hosts": ["moderation.example.org"], "plainHttp": True}},
        "services": {"gateway": {"http": {"from": [{"podSelector": {}}]}}},
    },
    "services.reporter.enabled is false.": {"services": {"reporter": {"enabled": False}}},
}


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, with an object of its warnings beside: `helm template` renders no NOTES."""
    copy = tmp_path_factory.mktemp("chart") / "sluice"
    shutil.copytree(CHART, copy)
    text = 'kind: Warnings\nmetadata: {name: all}\ntext: {{ include "sluice.warnings" . | toJson }}\n'
    (copy / "templates/warnings.yaml").write_text(text, encoding="utf-8")
    return copy


def warnings(chart: Path, name: str, values: Mapping[str, Any]) -> str:
    text = render(name, values, chart).of("Warnings")["all"]["text"]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("words", WARNED)
def test_it_warns(chart: Path, words: str) -> None:
    assert f"WARNING: {words}" in warnings(chart, "values", WARNED[words])


def test_notes_have_the_warnings() -> None:
    assert '{{ include "sluice.warnings" . }}' in (CHART / "templates/NOTES.txt").read_text()


@pytest.mark.parametrize("name", VALUE_FILES)
def test_no_file_opens_the_world(chart: Path, name: str) -> None:
    assert "whole internet" not in warnings(chart, name, {})


def test_production_has_nothing_to_warn_of(chart: Path) -> None:
    assert not warnings(chart, "production", {}).strip()


def test_reports_that_are_set_up_whole_are_no_matter(chart: Path) -> None:
    whole = {**TIPLINE, "tipline": {**TIPLINE["tipline"], "schemaConfigMap": "ncmec"}}
    assert not warnings(chart, "production", whole).strip()


def test_a_row_that_nobody_uses_is_no_matter(chart: Path) -> None:
    """Its components are not here, or what it leads to is not used."""
    unused = {"egress": {"exchanges": EVERYWHERE, "telemetry": EVERYWHERE, "modelStore": EVERYWHERE}}
    assert "whole internet" not in warnings(chart, "values", unused)

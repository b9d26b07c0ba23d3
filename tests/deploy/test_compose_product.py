"""deploy/compose.yaml means what it should, as Compose's own reader understands it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sluice.local.distribution import KAFKA_VERSION
from sluice.local.entry_points import OPTIONAL, service_names
from tests.deploy.programs import compose_check
from tests.promtool import run

DEPLOY = Path(__file__).parents[2] / "deploy"
FILE = DEPLOY / "compose.yaml"
OURS = sorted(set(service_names()) - set(OPTIONAL))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    status, words = run(compose_check(), [FILE])
    assert status == 0, words
    found: dict[str, Any] = json.loads(words)["services"]
    return found


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("stop_grace_period:", "stop_grace_perod:", "stop_grace_perod"),
        ("- state:/var/lib/sluice", "- estate:/var/lib/sluice", "estate"),
        ("    topics:\n      condition", "    topcis:\n      condition", "topcis"),
    ],
)
def test_the_reader_would_say_what_is_wrong(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    text = FILE.read_text()
    assert right in text
    (tmp_path / "compose.yaml").write_text(text.replace(right, wrong))
    status, words = run(compose_check(), [tmp_path / "compose.yaml"])
    assert status == 1
    assert said in words


def test_every_service_is_there_unless_it_needs_something_of_yours(services: dict[str, Any]) -> None:
    assert sorted(services) == sorted([*OURS, "kafka", "topics", "certs", "vault-key"])


def test_everything_is_reached_from_this_machine_alone(services: dict[str, Any]) -> None:
    ports = {name: [port["host_ip"] for port in service.get("ports", [])] for name, service in services.items()}
    assert {name for name, hosts in ports.items() if hosts} == {
        "kafka",
        "ingest",
        "orchestrator",
        "provenance",
        "reporter",
        "gateway",
    }
    assert {host for hosts in ports.values() for host in hosts} == {"127.0.0.1"}


def test_no_two_of_them_want_the_same_port(services: dict[str, Any]) -> None:
    wanted = [port["published"] for service in services.values() for port in service.get("ports", [])]
    beside = re.findall(r'"127\.0\.0\.1:(\d+):', (DEPLOY / "compose.telemetry.yaml").read_text())
    assert len({*wanted, *beside}) == len(wanted) + len(beside)


def test_the_dockerfile_and_its_context_are_there(services: dict[str, Any]) -> None:
    for name in (*OURS, "topics", "certs", "vault-key"):
        build = services[name]["build"]
        assert (Path(build["context"]) / build["dockerfile"]).is_file()
        assert (Path(build["context"]) / "pyproject.toml").is_file()


def test_services_wait_for_topics_and_certificates_and_those_for_kafka(services: dict[str, Any]) -> None:
    for name in OURS:
        conditions = {other: said["condition"] for other, said in services[name]["depends_on"].items()}
        before = ("topics", "certs", "vault-key") if name == "reporter" else ("topics", "certs")
        assert conditions == dict.fromkeys(before, "service_completed_successfully"), name
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"


def test_the_broker_is_the_release_that_the_tests_run(services: dict[str, Any]) -> None:
    assert services["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    assert services["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_all_speak_to_that_broker_and_one_store(services: dict[str, Any]) -> None:
    for name in OURS:
        said = services[name]["environment"]
        assert said["KAFKA_BOOTSTRAP_SERVERS"] == "kafka:9092"
        assert said["SLUICE_OBJECT_STORE"] == "file:///var/lib/sluice/objects"


def test_a_stop_is_given_the_time_that_a_drain_takes(services: dict[str, Any]) -> None:
    for name in OURS:
        assert services[name]["stop_grace_period"] == "45s", name


def test_telemetry_can_be_laid_beside_it() -> None:
    status, words = run(compose_check(), [DEPLOY / "compose.telemetry.yaml", FILE])
    assert status == 0, words
    both = json.loads(words)
    assert both["name"] == "sluice"
    assert {"collector", "orchestrator"} <= set(both["services"])


def test_the_shadow_is_there_for_those_who_ask(tmp_path: Path) -> None:
    text = (
        FILE.read_text()
        .replace("profiles: [shadow]", "profiles: []")
        .replace("context: ..", f"context: {DEPLOY.parent}")
    )
    (tmp_path / "compose.yaml").write_text(text)
    status, words = run(compose_check(), [tmp_path / "compose.yaml"])
    assert status == 0, words
    shadow = json.loads(words)["services"]["policy-shadow"]
    assert {mount["target"] for mount in shadow["volumes"]} == {"/var/lib/sluice", "/etc/sluice/shadow.yaml"}

"""The Compose file means what it should, as Compose's own reader understands it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.programs import COLLECTOR, compose_check
from tests.promtool import run

DEPLOY = Path(__file__).parents[2] / "deploy"
FILE = DEPLOY / "compose.telemetry.yaml"
GRAFANA = DEPLOY / "grafana/provisioning"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    status, words = run(compose_check(), [FILE])
    assert status == 0, words
    found: dict[str, Any] = json.loads(words)
    return found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("restart:", "restrat:"),
        ("mem_limit: 1g", "mem_limit: plenty"),
        ("- prometheus:/prometheus", "- prom:/prometheus"),
    ],
)
def test_the_reader_would_say_what_is_wrong(tmp_path: Path, right: str, wrong: str) -> None:
    text = FILE.read_text()
    assert right in text
    (tmp_path / "compose.yaml").write_text(text.replace(right, wrong))
    status, words = run(compose_check(), [tmp_path / "compose.yaml"])
    assert status == 1
    assert re.search(r"restrat|plenty|prom\b", words), words


def test_all_are_there(project: dict[str, Any]) -> None:
    assert set(project["services"]) == {"collector", "jaeger", "prometheus", "grafana"}


def test_nothing_is_reached_from_outside_and_nothing_runs_as_root(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        for port in service["ports"]:
            assert port["host_ip"] == "127.0.0.1", name
        assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert "network_mode" not in service, name


def test_images_are_pinned_by_version(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", service["image"]), name


def test_the_collector_is_the_one_that_the_tests_run(project: dict[str, Any]) -> None:
    (version,) = re.findall(r"receiver/otlpreceiver v(\S+)\n", (COLLECTOR / "go.mod").read_text())
    assert project["services"]["collector"]["image"].endswith(f":{version}")


def test_the_collectors_variables_are_those_that_its_configuration_names(project: dict[str, Any]) -> None:
    named = set(re.findall(r"\$\{env:(\w+)", (DEPLOY / "otel/collector.yaml").read_text()))
    given = project["services"]["collector"]["environment"]
    assert {name for name in given if name.startswith("COLLECTOR_")} <= named
    assert {"COLLECTOR_TRACES", "COLLECTOR_METRICS"} <= set(given)


def test_every_mount_is_there_and_only_read(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        for mount in service.get("volumes", []):
            if mount["type"] == "bind":
                assert mount["read_only"], name
                assert Path(mount["source"]).is_dir(), mount["source"]


def test_health_is_asked_for_where_the_image_can_answer(project: dict[str, Any]) -> None:
    services = project["services"]
    assert {name for name, service in services.items() if "healthcheck" in service} == {"prometheus", "grafana"}
    assert services["grafana"]["depends_on"]["prometheus"]["condition"] == "service_healthy"


def test_every_part_finds_its_neighbours(project: dict[str, Any]) -> None:
    services = set(project["services"])
    scraped = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())["scrape_configs"]
    targets = [target for job in scraped for static in job.get("static_configs", []) for target in static["targets"]]
    sources = yaml.safe_load((GRAFANA / "datasources/sluice.yaml").read_text())["datasources"]
    urls = [source["url"].removeprefix("http://") for source in sources]
    hosts = {address.partition(":")[0] for address in (*targets, *urls)}
    assert hosts <= services | {"localhost"}
    assert {"collector", "prometheus", "jaeger"} <= hosts
    assert project["services"]["collector"]["environment"]["COLLECTOR_TRACES"].partition(":")[0] in services


def test_grafana_finds_the_dashboards(project: dict[str, Any]) -> None:
    grafana = project["services"]["grafana"]
    mounted = {mount["target"]: mount["source"] for mount in grafana["volumes"] if mount["type"] == "bind"}
    (provider,) = yaml.safe_load((GRAFANA / "dashboards/sluice.yaml").read_text())["providers"]
    folder = Path(mounted[provider["options"]["path"]])
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (folder / Path(home).name).is_file()
    assert mounted["/etc/grafana/provisioning"] == str(GRAFANA)

"""Dockerfile, compose.yaml and skaffold.yaml speak of the services that are installed, and of no others."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.images.bundle import HOME, USER
from reporter.tipline.endpoint import PRODUCTION, TEST, read_endpoint
from sluice.local.entry_points import ASKS, service_names
from sluice.models import repository

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
SIMULATOR = "cybertipline"
SCRIPTS = sorted((ROOT / "deploy/images").glob("*.sh"))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def skaffold() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
    return found


def variables() -> dict[str, str]:
    """Variable -> value, of the stage that every image comes from."""
    runtime = DOCKERFILE[DOCKERFILE.index(" AS runtime\n") : DOCKERFILE.index(" AS cpu\n")]
    return dict(re.findall(r"^(?:ENV|   ) (\w+)=(\S+)", runtime, re.MULTILINE))


def test_compose_has_every_service_built_as_itself(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"kafka", "topics", "certs", "vault-key", SIMULATOR, *service_names()}
    for name in service_names():
        assert services[name]["build"]["args"] == {"SERVICE": name}
        assert services[name]["image"].partition(":")[0] == f"sluice-{name}"
        assert "command" not in services[name]


def test_compose_has_what_a_cluster_would_insist_on(compose: dict[str, Any]) -> None:
    for name in (*service_names(), "topics", "certs", "vault-key"):
        service = compose["services"][name]
        assert service["user"] == f"{USER}:{USER}"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert f"state:{HOME}" in service["volumes"]


def test_compose_plays_the_tip_line_for_those_who_ask(compose: dict[str, Any]) -> None:
    played = compose["services"][SIMULATOR]
    assert played["profiles"] == ["simulators"]
    assert played["user"] == f"{USER}:{USER}"
    assert (played["read_only"], played["cap_drop"]) == (True, ["ALL"])
    _, module, *_ = played["entrypoint"][2:]
    (mount,) = played["volumes"]
    source, target, mode = mount.split(":")
    # What is run is what is mounted, below what Python is told to look in.
    assert target == f"{played['environment']['PYTHONPATH']}/{module.partition('.')[0]}"
    assert (ROOT / "deploy" / source / Path(*module.split(".")[1:]) / "__main__.py").is_file()
    assert mode == "ro"


def test_compose_sends_reports_to_nobody_but_a_simulator(compose: dict[str, Any]) -> None:
    said = compose["services"]["reporter"]["environment"]
    assert said["SLUICE_TIPLINE_URL"] == "${SLUICE_TIPLINE_URL:-}"
    assert said["SLUICE_TIPLINE_SIMULATOR"] == "1"
    assert "SLUICE_REPORTER_HOLD" not in said
    for real in (PRODUCTION, TEST):
        with pytest.raises(ValueError, match="no simulator"):
            read_endpoint(real, simulator=True)


def test_compose_tells_the_gateway_whom_to_ask_and_no_key_of_ours(compose: dict[str, Any]) -> None:
    said = compose["services"]["gateway"]["environment"]
    for variable, asked in ASKS["gateway"].items():
        assert said[variable] == f"{asked}:50051"
        assert asked in compose["services"]
    assert said["SLUICE_API_KEY"] == "${SLUICE_API_KEY:-}"
    assert compose["services"]["gateway"]["ports"] == ["127.0.0.1:8000:8080"]


def test_skaffold_builds_every_service_and_tells_the_chart(skaffold: dict[str, Any]) -> None:
    artifacts = {one["image"]: one["docker"]["buildArgs"]["SERVICE"] for one in skaffold["build"]["artifacts"]}
    assert artifacts == {f"sluice-{name}": name for name in service_names()}
    (release,) = skaffold["deploy"]["helm"]["releases"]
    told = release["setValueTemplates"]
    for name in service_names():
        variable = f"sluice_{name}".replace("-", "_")
        assert told[f"services.{name}.image.repository"] == f"{{{{.IMAGE_REPO_{variable}}}}}"
        assert told[f"services.{name}.image.tag"] == f"{{{{.IMAGE_TAG_{variable}}}}}"
    assert {one["name"] for one in skaffold["profiles"]} == {"local-cpu", "gpu", "remote-kafka"}


def test_skaffold_and_compose_name_stages_that_there_are(skaffold: dict[str, Any], compose: dict[str, Any]) -> None:
    stages = set(re.findall(r"^FROM \S+ AS ([a-z-]+)$", DOCKERFILE, re.MULTILINE))
    asked = {one["docker"]["target"] for one in skaffold["build"]["artifacts"]}
    asked |= {one["build"]["target"] for one in compose["services"].values() if "build" in one}
    assert asked == {"cpu"}
    assert asked | {"gpu", "model-repository"} <= stages


def test_what_skaffold_lays_over_the_chart_is_there(skaffold: dict[str, Any]) -> None:
    patches = [patch for profile in skaffold["profiles"] for patch in profile["patches"]]
    files = [file for patch in patches if patch["path"].endswith("/valuesFiles") for file in patch["value"]]
    assert len(files) >= len(skaffold["profiles"])
    for file in files:
        assert (ROOT / file).is_file(), file


def test_a_wheel_finds_in_the_image_what_a_checkout_has() -> None:
    said = variables()
    for variable in ("SLUICE_POLICY", "SLUICE_NAME_LISTS", "SLUICE_MODELS"):
        inside = said[variable].removeprefix("/opt/sluice/")
        assert inside != said[variable]
        assert (ROOT / inside).exists()
    assert said["SLUICE_HOME"] == HOME
    assert said["PATH"].startswith("/opt/sluice/env/bin:")


def test_the_images_variables_are_told_in_the_manual() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    named = set(re.findall(r"\b(SLUICE_\w+)=", DOCKERFILE))
    assert "SLUICE_SERVICE" in named
    for name in named:
        assert f"| `{name}` |" in page, name


def test_ports_and_user_are_those_of_the_chart() -> None:
    values = yaml.safe_load((ROOT / "charts/sluice/values.yaml").read_text())
    assert re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE) == ["50051 50052 9464 8080"]
    assert values["defaults"]["http"]["port"] == 8080
    assert set(re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)) == {f"{USER}:{USER}"}


def test_no_registry_is_named() -> None:
    defaults = re.findall(r"^ARG (?:BASE|BUILD|RUST)=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert len(defaults) == 3
    for image in defaults:
        assert "/" not in image


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_steps_of_a_build_are_shell(script: Path) -> None:
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_step_of_the_dockerfile_is_there() -> None:
    named = set(re.findall(r"/locks/([\w.-]+\.(?:sh|lock))|images/([\w.-]+\.(?:sh|lock))", DOCKERFILE))
    for name in {first or second for first, second in named}:
        assert (ROOT / "deploy/images" / name).is_file(), name
    assert {script.name for script in SCRIPTS} == {"extras.sh", "install.sh", "models.sh", "ours.sh", "root.sh"}


def test_a_build_is_given_every_card_and_no_rubbish() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    for folder in ("!services", "!protos", "!policies", "!models", "!native"):
        assert folder in ignored
    assert repository.names(ROOT / "models")
    assert "native/target" in ignored

"""The files of deploy/ beside the chart: the Dockerfile, Compose files, skaffold.yaml, and the rules of alerts."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from tests import promtool
from tests.deploy import module_files, programs
from tests.deploy.cluster.command import must
from tests.deploy.verify.chart import ROOT, Helm, pods_of
from tests.deploy.verify.checking import Reader
from tests.deploy.verify.reading import Object, documents
from tests.deploy.verify.report import WrongError

DOCKERFILE: Final = ROOT / "deploy/Dockerfile"
HADOLINT: Final = ROOT / ".hadolint.yaml"
SKAFFOLD: Final = ROOT / "skaffold.yaml"


def compose_files() -> list[Path]:
    """Every Compose file there is."""
    return sorted((ROOT / "deploy").glob("compose*.yaml"))


def dockerfile(packages: Path) -> list[str]:
    """hadolint's word on the Dockerfile. CommandError where it finds something."""
    must([packages / "bin/hadolint", "--config", HADOLINT, DOCKERFILE])
    return [f"{must([packages / 'bin/hadolint', '--version']).out.strip()} finds nothing in deploy/Dockerfile"]


def compose_by_schema(reader: Reader, file: Path, env: Mapping[str, str] = os.environ) -> list[str]:
    """Whether a Compose file is as the Compose specification's schema says."""
    schema = module_files.folder(module_files.COMPOSE_SCHEMA, env) / "compose-spec.json"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    _right(reader.check(json.loads(schema.read_text(encoding="utf-8")), document))
    return [f"services: {', '.join(document['services'])}"]


def compose(file: Path, env: Mapping[str, str]) -> list[str]:
    """What Compose's own reader makes of a Compose file. CommandError where it refuses."""
    project = json.loads(must([programs.compose_check(), file], env).out)
    return [f"services: {', '.join(sorted(project['services']))}"]


def profiles() -> list[str]:
    """The profiles of skaffold.yaml; the empty name is none of them."""
    names = [one["name"] for document in _skaffold() for one in document.get("profiles", [])]
    return ["", *names]


def skaffold_by_schema(reader: Reader, env: Mapping[str, str] = os.environ) -> list[str]:
    """Whether skaffold.yaml is as Skaffold's schema says."""
    folder = module_files.folder(module_files.SKAFFOLD_SCHEMA, env)
    seen = []
    for document in _skaffold():
        schema = folder / f"{document['apiVersion'].partition('/')[2]}.json"
        if not schema.is_file():
            raise WrongError(f"{document['apiVersion']} is not the version that this is checked with: {schema.stem}")
        _right(reader.check(json.loads(schema.read_text(encoding="utf-8")), document))
        seen.append(f"{document['metadata']['name']}: {document['apiVersion']}")
    return seen


def skaffold_env(helm: Helm, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for Skaffold: our helm first on the PATH, its settings in helm's folder, no word to anybody."""
    (helm.home / "bin").mkdir()
    (helm.home / "bin/helm").symlink_to(helm.program)
    path = f"{helm.home}/bin{os.pathsep}{env.get('PATH', '')}"
    quiet = {"SKAFFOLD_UPDATE_CHECK": "false", "SKAFFOLD_INTERACTIVE": "false"}
    settings = helm.home / ".skaffold"
    settings.mkdir()
    (settings / "config").write_text("global: {collect-metrics: false}\nkubeContexts: []\n", encoding="utf-8")
    return {**helm.env(env), **quiet, "PATH": path, "HOME": str(helm.home)}


def skaffold_diagnose(program: Path, profile: str, env: Mapping[str, str]) -> list[str]:
    """What Skaffold understands of its file with a profile. CommandError where it refuses."""
    told = must([program, "diagnose", "--yaml-only", *_profile(profile)], env, folder=ROOT).out
    artifacts = [one["image"] for one in yaml.safe_load(told).get("build", {}).get("artifacts", [])]
    return [f"builds {len(artifacts)} images: {', '.join(artifacts)}"]


def skaffold_render(program: Path, profile: str, env: Mapping[str, str]) -> list[Object]:
    """The objects that Skaffold would deploy with a profile, made by helm; each artifact's image named as one built.

    WrongError where an image of ours is not one that Skaffold builds.
    """
    command: list[str | Path] = [program, "render", "--offline", "--digest-source=tag", *_profile(profile)]
    rendered = documents(must(command, env, folder=ROOT).out)
    built = {one["image"] for document in _skaffold() for one in document["build"]["artifacts"]}
    images = {one["image"] for pod in pods_of(rendered).values() for one in pod["spec"]["containers"]}
    ours = {image.rpartition("/")[2].partition(":")[0] for image in images if "triton" not in image}
    if not ours or not ours <= built:
        raise WrongError(f"the chart runs {sorted(images)}, and Skaffold builds {sorted(built)}")
    return rendered


def rules(rendered: Sequence[Object], env: Mapping[str, str]) -> list[str]:
    """promtool's word on every PrometheusRule that is another. CommandError where it finds something, WrongError
    where there is none."""
    found = list({yaml.safe_dump(one["spec"]): one for one in rendered if one["kind"] == "PrometheusRule"}.values())
    if not found:
        raise WrongError("the chart has made no PrometheusRule")
    with TemporaryDirectory() as name:
        files = [Path(name) / f"{number}-{one['metadata']['name']}.yaml" for number, one in enumerate(found)]
        for file, one in zip(files, found, strict=True):
            file.write_text(yaml.safe_dump(one["spec"], width=1000), encoding="utf-8")
        command: list[str | Path] = [promtool.ensure(env).promtool, "check", "rules", *files]
        told = [line.strip() for line in must(command, env).out.splitlines()]
    counts = [line.removeprefix("SUCCESS: ") for line in told if line.startswith("SUCCESS: ")]
    return [f"{one['metadata']['name']}: {count}" for one, count in zip(found, counts, strict=True)]


def _profile(name: str) -> list[str]:
    return ["--profile", name] if name else []


def _skaffold() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(SKAFFOLD.read_text(encoding="utf-8")))


def _right(wrong: Sequence[str]) -> None:
    if wrong:
        raise WrongError("\n".join(wrong))

"""The chart, the ways in which it is installed here, and helm."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.deploy.cluster.command import Ended, must, run
from tests.deploy.tools import KUBERNETES
from tests.deploy.verify.reading import Object

ROOT: Final = Path(__file__).parents[3]
CHART: Final = ROOT / "charts/sluice"
VARIANTS: Final = Path(__file__).with_name("variants")
RELEASE: Final = "verify"

_SECONDS: Final = 900
_OVER: Final = "# over: "


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to install the chart: its own values under `files`, the later ones on top."""

    name: str
    files: tuple[Path, ...]

    @property
    def arguments(self) -> list[str]:
        """For helm."""
        return [part for file in self.files for part in ("--values", str(file))]


def value_files(chart: Path = CHART) -> list[Variant]:
    """The chart as it is, and each of its value files."""
    files = sorted(chart.glob("values-*.yaml"))
    return [Variant("values.yaml", ()), *(Variant(file.name, (file,)) for file in files)]


def variants(folder: Path = VARIANTS, chart: Path = CHART) -> list[Variant]:
    """The value files, and what is switched on beside them: each file here says in its first line over which value
    files it goes (`# over: values-production.yaml values-gpu.yaml`)."""
    found = value_files(chart)
    for file in sorted(folder.glob("*.yaml")):
        first = file.read_text(encoding="utf-8").partition("\n")[0]
        under = first.removeprefix(_OVER).split() if first.startswith(_OVER) else []
        found.append(Variant(file.stem, (*(chart / name for name in under), file)))
    return found


def missing_claims(rendered: Sequence[Object]) -> list[str]:
    """Names of claims that pods mount and the chart does not make: whoever installs it does."""
    made = {one["metadata"]["name"] for one in rendered if one["kind"] == "PersistentVolumeClaim"}
    volumes = [volume for pod in pods_of(rendered).values() for volume in pod["spec"].get("volumes") or []]
    mounted = {one["persistentVolumeClaim"]["claimName"] for one in volumes if "persistentVolumeClaim" in one}
    return sorted(mounted - made)


@dataclass(frozen=True, slots=True)
class Helm:
    """helm, with nothing of the user's own settings. `home`: an empty folder for its state."""

    program: Path
    home: Path

    def env(self, over: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Its environment."""
        folders = {name: f"{self.home}/{name}" for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
        return {**over, **folders}

    def must(self, *arguments: str, env: Mapping[str, str] = os.environ, seconds: float = _SECONDS) -> Ended:
        """Runs it. CommandError where that does not end well."""
        return must([self.program, *arguments], self.env(env), seconds=seconds)

    def run(self, *arguments: str, env: Mapping[str, str] = os.environ, seconds: float = _SECONDS) -> Ended:
        """Runs it, however it ends."""
        return run([self.program, *arguments], self.env(env), seconds=seconds)

    def template(self, variant: Variant, release: str = RELEASE) -> str:
        """What the chart makes of the values: YAML documents, the hooks among them. CommandError where it refuses."""
        arguments = ["template", release, str(CHART), "--namespace", RELEASE, "--kube-version", KUBERNETES]
        return self.must(*arguments, *variant.arguments).out


def pods_of(documents: Sequence[Object]) -> dict[str, Object]:
    """The pod template of everything that makes pods, by `Kind/name`."""
    found: dict[str, Object] = {}
    for one in documents:
        name = f"{one['kind']}/{one['metadata']['name']}"
        if one["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job"}:
            found[name] = one["spec"]["template"]
        elif one["kind"] == "CronJob":
            found[name] = one["spec"]["jobTemplate"]["spec"]["template"]
        elif one["kind"] == "Pod":
            found[name] = one
    return found

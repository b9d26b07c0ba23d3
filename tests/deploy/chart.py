"""Renders charts/sluice as helm does, without a cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.deploy.cluster import command
from tests.deploy.tools import HELM, KUBERNETES, program

CHART: Final = Path(__file__).parents[2] / "charts/sluice"
RELEASE: Final = "sluice"
NAMESPACE: Final = "moderation"
VALUE_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "values": (),
    "small": ("values-small.yaml",),
    "production": ("values-production.yaml",),
    "gpu": ("values-gpu.yaml",),
    "remote-kafka": ("values-small.yaml", "values-remote-kafka.yaml"),
}
"""What is installed, by name: the files that are laid over values.yaml, in order."""

Object = dict[str, Any]
"""An object of Kubernetes as YAML has it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects of one release."""

    objects: Sequence[Object]

    def of(self, kind: str) -> dict[str, Object]:
        """Those of a kind by their names."""
        return {one["metadata"]["name"]: one for one in self.objects if one["kind"] == kind}

    def one(self, kind: str, component: str) -> Object:
        """The object of a kind that is named after a component. KeyError: there is none."""
        return self.of(kind)[f"{RELEASE}-{component}"]

    def pods(self) -> Iterator[tuple[str, Object]]:
        """Kind and name, and the pod, of whatever makes pods."""
        for one in self.objects:
            at = f"{one['kind']} {one['metadata']['name']}"
            if one["kind"] in {"Deployment", "Job"}:
                yield at, one["spec"]["template"]
            elif one["kind"] == "Pod":
                yield at, one


def template(
    files: Sequence[str | Path] = (),
    values: Mapping[str, Any] | None = None,
    chart: Path = CHART,
) -> command.Ended:
    """How `helm template` ends with these files, as paths or names in the chart, and then these values laid over."""
    return _template(chart, tuple(chart / file for file in files), yaml.safe_dump(dict(values or {})))


@cache
def _template(chart: Path, files: tuple[Path, ...], values: str) -> command.Ended:
    """Once for each: many tests look at the same objects."""
    argv: list[str | Path] = [
        program(HELM),
        "template",
        RELEASE,
        chart,
        "--namespace",
        NAMESPACE,
        "--kube-version",
        KUBERNETES,
    ]
    for file in files:
        argv += ["--values", file]
    return command.run([*argv, "--values", "-"], stdin=values)


def render(name: str = "values", values: Mapping[str, Any] | None = None, chart: Path = CHART) -> Rendered:
    """The objects of one of `VALUE_FILES`, with these values over it. CommandError where helm refuses them."""
    ended = template(VALUE_FILES[name], values, chart)
    if ended.status:
        raise command.CommandError(f"helm template of {name}: {ended.words.strip()}")
    return Rendered([one for one in yaml.load_all(ended.out, yaml.CSafeLoader) if one])


def refusal(values: Mapping[str, Any], name: str = "values") -> str:
    """What helm says of values that it refuses. CommandError where it takes them."""
    ended = template(VALUE_FILES[name], values)
    if not ended.status:
        raise command.CommandError(f"helm template takes {dict(values)}")
    return ended.err

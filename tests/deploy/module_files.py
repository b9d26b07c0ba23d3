"""Files out of Go modules: what projects publish there beside their code and nowhere else that a registry serves.

Each is pinned by version and by the sum that Go's checksum database has of the whole module.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError
from tests.debian import cache
from tests.deploy import programs


@dataclass(frozen=True, slots=True)
class Files:
    """`patterns` of files in a module. `sum`: of the module, as in go.sum."""

    name: str
    module: str
    version: str
    sum: str
    patterns: tuple[str, ...]

    @property
    def what(self) -> str:
        """What makes it another: its digest is a part of its name in the cache."""
        return " ".join([self.module, self.version, self.sum, *self.patterns])


KEDA: Final = Files(
    "crds-keda",
    "github.com/kedacore/keda/v2",
    "v2.21.0",
    "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
    ("config/crd/bases/keda.sh_*.yaml",),
)
PROMETHEUS_OPERATOR: Final = Files(
    "crds-prometheus-operator",
    "github.com/prometheus-operator/prometheus-operator",
    "v0.85.0",
    "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    ("example/prometheus-operator-crd/*.yaml",),
)
CERT_MANAGER: Final = Files(
    "crds-cert-manager",
    "github.com/cert-manager/cert-manager",
    "v1.21.2",
    "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
    ("deploy/crds/*.yaml",),
)
EXTERNAL_SECRETS: Final = Files(
    "crds-external-secrets",
    "github.com/external-secrets/external-secrets",
    "v1.3.2",
    "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
    ("config/crds/bases/external-secrets.io_*.yaml",),
)
GATEWAY_API: Final = Files(
    "crds-gateway-api",
    "sigs.k8s.io/gateway-api",
    "v1.4.0",
    "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
    ("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",),
)
SKAFFOLD_SCHEMA: Final = Files(
    "skaffold-schema",
    "github.com/GoogleContainerTools/skaffold/v2",
    "v2.16.1",
    "h1:eMrp2qpn/5j2c1P/JqLo+mxcpEIdtokb/tCY2W/05ic=",
    ("docs-v2/content/en/schemas/v4beta13.json",),
)
COMPOSE_SCHEMA: Final = Files(
    "compose-schema",
    "github.com/compose-spec/compose-go/v2",
    "v2.16.2",
    "h1:pTp1DqQwJzFd85GzlWsSszKA1ABrV/ySqsClujIcWA8=",
    ("schema/compose-spec.json",),
)

CRDS: Final = (KEDA, PROMETHEUS_OPERATOR, CERT_MANAGER, EXTERNAL_SECRETS, GATEWAY_API)
ALL: Final = (*CRDS, SKAFFOLD_SCHEMA, COMPOSE_SCHEMA)


def folder(files: Files, env: Mapping[str, str] = os.environ) -> Path:
    """A folder with the files, without the folders they lay in; fetched now where they are not there yet.

    Raises NotReadyError where the module cannot be had, is another than was pinned, or lacks the files.
    """

    def build(work: Path, made: Path) -> None:
        source = _module(files, work, env)
        made.mkdir()
        for pattern in files.patterns:
            found = sorted(source.glob(pattern))
            if not found:
                raise NotReadyError(f"{files.module} {files.version} has no {pattern}")
            for path in found:
                shutil.copyfile(path, made / path.name)

    return programs.built(files.name, [], build, env, files.what)


def work(env: Mapping[str, str]) -> Path:
    """Where Go keeps modules and what it has compiled while the tools are made: gigabytes that nobody needs later."""
    return cache(env) / "deploy-checks" / ".go"


def go(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for Go that keeps all it makes in `work`."""
    there = work(env)
    own = {"GOPATH": f"{there}/path", "GOMODCACHE": f"{there}/path/pkg/mod", "GOCACHE": f"{there}/compiled"}
    # Go writes modules read-only, and then they could not be taken away.
    return {**env, **own, "GOFLAGS": f"{env.get('GOFLAGS', '')} -modcacherw".strip()}


def _module(files: Files, empty: Path, env: Mapping[str, str]) -> Path:
    command = ["go", "mod", "download", "-json", f"{files.module}@{files.version}"]
    told = json.loads(programs.run(command, empty, go(env)))
    if told["Sum"] != files.sum:
        raise NotReadyError(f"{files.module} {files.version} is {told['Sum']} and not {files.sum}")
    return Path(told["Dir"])

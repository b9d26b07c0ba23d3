"""The steps that need no server."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sluice.errors import NotReadyError
from tests.deploy import golden, tools
from tests.deploy.chart import VALUE_FILES
from tests.deploy.cluster.command import must
from tests.deploy.tools import KUBERNETES
from tests.deploy.verify import checking, controls, files, network
from tests.deploy.verify.chart import CHART, RELEASE, ROOT, Helm, Variant, value_files, variants
from tests.deploy.verify.reading import Object, documents
from tests.deploy.verify.report import Report, Say, WrongError

# Each of its tests renders the chart.
_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Kit:
    """What the steps work with. `packages`: Python packages; `schemas`: a folder of JSON schemas."""

    helm: Helm
    packages: Path
    schemas: Path
    env: Mapping[str, str]

    @property
    def reader(self) -> checking.Reader:
        """Of JSON schemas."""
        return checking.Reader(self.packages)

    def versions(self) -> list[str]:
        """Of the programs, as they say themselves."""
        return [f"helm {self.helm.must('version', '--short').out.strip()}", f"schemas of Kubernetes {KUBERNETES}"]


def kit(quick: bool, work: Path, env: Mapping[str, str], say: Say) -> Kit:
    """What is needed. In a quick run helm and the schemas are made where they are not there yet; in a full run every
    program must be there. NotReadyError where something is missing or cannot be made."""
    if quick:
        tools.make_all([tools.HELM], env, say)
    elif lacking := tools.missing(env):
        raise NotReadyError(f"not made yet: {', '.join(lacking)}. make verify-deploy-tools makes them")
    packages = tools.python_tools(env)
    return Kit(Helm(tools.program(tools.HELM, env), work), packages, checking.schema_folder(packages, env), env)


def steps_of_files(report: Report, kit: Kit) -> None:
    """What a quick run does."""
    reader, found = kit.reader, variants()
    report.run("hadolint deploy/Dockerfile", partial(files.dockerfile, kit.packages))
    for file in files.compose_files():
        report.run(f"schema of deploy/{file.name}", partial(files.compose_by_schema, reader, file, kit.env))
    report.run("schema of skaffold.yaml", partial(files.skaffold_by_schema, reader, kit.env))
    for variant in value_files():
        report.run(f"helm lint --strict, {variant.name}", partial(_lint, kit.helm, variant))
    rendered: list[Object] = []
    for variant in found:
        report.run(f"schemas, {variant.name}", partial(_schemas, kit, reader, variant, rendered))
        report.run(f"network policies, {variant.name}", partial(_policies, kit.helm, variant))
    # YAML takes this for a truth value where nobody has quoted it.
    report.run("schemas, a release called y", partial(_schemas, kit, reader, found[0], [], "y"))
    report.run("golden files", _golden)
    report.run("pytest of the chart", partial(_tests, kit.env))
    report.run("promtool check rules", partial(files.rules, rendered, kit.env))
    report.run("mistakes in values are refused", partial(controls.by_helm, kit.helm, found[0]))
    report.run("mistakes in objects are refused", partial(controls.by_schemas, reader, kit.schemas, rendered))


def steps_with_programs(report: Report, kit: Kit) -> None:
    """What beside them needs programs that take longer to build, and no server."""
    kubeconform, skaffold = tools.program(tools.KUBECONFORM, kit.env), tools.program(tools.SKAFFOLD, kit.env)
    found = variants()
    for variant in found:
        report.run(f"kubeconform -strict, {variant.name}", partial(_kubeconform, kit, kubeconform, variant))
    report.run("mistakes are refused by kubeconform", partial(_mistakes, kit, kubeconform, found[0]))
    for file in files.compose_files():
        report.run(f"Compose's own reader, deploy/{file.name}", partial(files.compose, file, kit.env))
    env = files.skaffold_env(kit.helm, kit.env)
    for profile in files.profiles():
        name = profile or "no profile"
        report.run(f"skaffold diagnose, {name}", partial(files.skaffold_diagnose, skaffold, profile, env))
        report.run(f"skaffold render, {name}", partial(_skaffold, kit, skaffold, profile, env))


def _lint(helm: Helm, variant: Variant) -> list[str]:
    arguments = ["lint", str(CHART), "--strict", "--kube-version", KUBERNETES, *variant.arguments]
    return helm.must(*arguments).out.strip().splitlines()[-1:]


def _golden() -> list[str]:
    found = {name: golden.differences(name) for name in VALUE_FILES}
    if wrong := [diff for diff in found.values() if diff]:
        raise WrongError("python -m tests.deploy.golden writes them anew, if this is meant:\n" + "\n".join(wrong))
    return [f"{len(found)} files are what helm makes: {', '.join(found)}"]


def _tests(env: Mapping[str, str]) -> list[str]:
    files = [str(path) for path in sorted(Path(golden.__file__).parent.glob("test_chart_*.py"))]
    if not files:
        raise WrongError("there are no tests of the chart")
    return must([sys.executable, "-m", "pytest", "-q", *files], env, folder=ROOT, seconds=_SECONDS).out.splitlines()[
        -1:
    ]


def _schemas(
    kit: Kit, reader: checking.Reader, variant: Variant, rendered: list[Object], release: str = RELEASE
) -> list[str]:
    found = documents(kit.helm.template(variant, release))
    rendered.extend(found)
    return checking.by_schema(reader, kit.schemas, found)


def _policies(helm: Helm, variant: Variant) -> list[str]:
    return [str(one) for one in network.covered(documents(helm.template(variant)))]


def _kubeconform(kit: Kit, program: Path, variant: Variant) -> list[str]:
    return checking.by_kubeconform(program, kit.schemas, kit.helm.template(variant))


def _mistakes(kit: Kit, program: Path, variant: Variant) -> list[str]:
    return controls.by_the_other_reader(program, kit.schemas, documents(kit.helm.template(variant)))


def _skaffold(kit: Kit, program: Path, profile: str, env: Mapping[str, str]) -> list[str]:
    rendered = files.skaffold_render(program, profile, env)
    return checking.by_schema(kit.reader, kit.schemas, rendered)

"""Negative controls: mistakes that must be refused. A check that lets them pass shows nothing."""

import copy
import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tests.deploy.cluster.access import Access
from tests.deploy.cluster.command import CommandError
from tests.deploy.verify.chart import CHART, RELEASE, Helm, Variant
from tests.deploy.verify.checking import Reader, by_kubeconform, by_schema
from tests.deploy.verify.reading import Object
from tests.deploy.verify.release import Cluster
from tests.deploy.verify.report import WrongError

_TYPO: Final = ("terminationGracePeriodSeconds:", "terminationGracePeriodSecond:")


def by_helm(helm: Helm, variant: Variant) -> list[str]:
    """A value that the chart does not have, and one of the wrong type: the schema of values refuses both."""
    seen = []
    wrong = {"imagee.tag=1": "'imagee' not allowed", "kafka.partitions=many": "got string, want integer"}
    for mistake, words in wrong.items():
        ended = helm.run("template", RELEASE, str(CHART), *variant.arguments, "--set", mistake)
        seen.append(_refused(f"--set {mistake}", ended.status, ended.words, words))
    return seen


def by_schemas(reader: Reader, folder: Path, rendered: Sequence[Object]) -> list[str]:
    """A misspelt field, a wrong type and an unknown kind, by the reader of schemas."""
    return [_raised(name, partial(by_schema, reader, folder, [one])) for name, one in mistakes(rendered).items()]


def by_the_other_reader(program: Path, folder: Path, rendered: Sequence[Object]) -> list[str]:
    """The same, by kubeconform."""
    return [
        _raised(name, partial(by_kubeconform, program, folder, json.dumps(one)))
        for name, one in mistakes(rendered).items()
    ]


def by_the_server(cluster: Cluster, variant: Variant, work: Path) -> list[str]:
    """A chart with a misspelt field in a template: the API server warns, helm goes on, so a warning counts."""
    chart = work / "typo"
    shutil.copytree(CHART, chart)
    changed = [file for file in chart.glob("templates/**/*") if file.is_file() and _misspell(file)]
    if not changed:
        raise WrongError(f"no template has {_TYPO[0]}, so nothing could be misspelt")
    cluster.namespace("verify-typo")
    try:
        arguments = ["install", RELEASE, str(chart), "--namespace", "verify-typo", *variant.arguments]
        return [_raised(f"a chart with {_TYPO[1]}", partial(cluster.must, *arguments))]
    finally:
        cluster.run("uninstall", RELEASE, "--namespace", "verify-typo", "--ignore-not-found")
        cluster.access.must("delete", "namespace", "verify-typo", "--wait=false", "--ignore-not-found")


def by_admission(access: Access, namespace: str, rendered: Sequence[Object]) -> list[str]:
    """What schemas let pass: a selector that means other pods, a mount without a volume, a name of a port that is too
    long, and a pod that may run as root."""
    deployment = copy.deepcopy(next(one for one in rendered if one["kind"] == "Deployment"))
    seen = []
    for name, one, words in _for_the_server(deployment):
        ended = access.run("apply", "--namespace", namespace, "--dry-run=server", "-f", "-", stdin=json.dumps(one))
        seen.append(_refused(name, ended.status, ended.words, words))
    return seen


def mistakes(rendered: Sequence[Object]) -> dict[str, Object]:
    """Wrong objects by what is wrong with them, made of a right Deployment."""
    deployment = next(one for one in rendered if one["kind"] == "Deployment")

    def with_change(change: Callable[[Object], None]) -> Object:
        changed = copy.deepcopy(deployment)
        change(changed)
        return changed

    return {
        "a misspelt field": with_change(lambda one: one["spec"].update({"replica": 2})),
        "a probe's misspelt port": with_change(
            lambda one: _container(one).update({"livenessProbe": {"grpc": {"prt": 1}}})
        ),
        "a number of replicas in words": with_change(lambda one: one["spec"].update({"replicas": "two"})),
        "a kind that nobody knows": with_change(lambda one: one.update({"kind": "Deploiement"})),
    }


def _for_the_server(deployment: Object) -> list[tuple[str, Object, str]]:
    deployment["metadata"].pop("namespace", None)
    selector, mount, port = (copy.deepcopy(deployment) for _ in range(3))
    selector["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] = "somebody-else"
    _container(mount).setdefault("volumeMounts", []).append({"name": "nowhere", "mountPath": "/nowhere"})
    _container(port)["ports"] = [{"name": "a-name-that-is-too-long", "containerPort": 1}]
    template = copy.deepcopy(deployment["spec"]["template"])
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": template["spec"]}
    pod["spec"]["securityContext"] = {"runAsUser": 0}
    pod["spec"].pop("serviceAccountName", None)
    _of_a_pod(pod)["securityContext"] = {"allowPrivilegeEscalation": True}
    return [
        ("a selector that means other pods", selector, "does not match template"),
        ("a mount without a volume", mount, "Not found"),
        ("a port's name of 23 letters", port, "must be no more than 15"),
        ("a pod that runs as root", pod, "violates PodSecurity"),
    ]


def _container(deployment: Object) -> Object:
    return _of_a_pod(deployment["spec"]["template"])


def _of_a_pod(pod: Object) -> Object:
    container: Object = pod["spec"]["containers"][0]
    return container


def _misspell(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(*_TYPO), encoding="utf-8")
    return _TYPO[0] in text


def _raised(name: str, check: Callable[[], object]) -> str:
    try:
        check()
    except (WrongError, CommandError) as error:
        return f"{name}: refused: {_last(str(error))}"
    raise WrongError(f"{name} was not refused")


def _refused(name: str, status: int, words: str, because: str) -> str:
    if status == 0:
        raise WrongError(f"{name} was not refused")
    if because not in words:
        raise WrongError(f"{name} was refused, but not because of `{because}`: {words}")
    line = next(line for line in words.splitlines() if because in line)
    return f"{name}: refused: {line.strip()[:220]}"


def _last(words: str) -> str:
    """The line of a program's answer that says what it found."""
    lines = [line for line in words.splitlines() if line.strip()]
    found = next((line for line in lines if " is invalid: " in line or "could not find schema" in line), lines[0])
    return found.strip()[:220]

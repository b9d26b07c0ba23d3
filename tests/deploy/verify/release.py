"""A release of the chart on the API server, from installation to what it leaves behind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.deploy.cluster.access import Access
from tests.deploy.cluster.command import Ended
from tests.deploy.cluster.nodes import claim
from tests.deploy.verify import budgets, leftovers, network, placed, rollout, scaled
from tests.deploy.verify.chart import CHART, RELEASE, Helm, Variant, missing_claims, pods_of
from tests.deploy.verify.reading import Object, documents
from tests.deploy.verify.report import Report, Step, WrongError

NEXT: Final = "verify-next"
"""The tag of the images of the upgrade. No image is pulled, so there need be none."""

_TIMEOUT: Final = "600s"
_WAIT: Final = ("--wait", "--wait-for-jobs", "--timeout", _TIMEOUT)
_COMPLAINTS: Final = ("would violate PodSecurity", "unknown field", "deprecated", "duplicate")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where, and with which helm."""

    access: Access
    helm: Helm

    def run(self, *arguments: str) -> Ended:
        """helm, against this server."""
        return self.helm.run(*arguments, env=self.access.env)

    def must(self, *arguments: str) -> Ended:
        """helm, against this server. CommandError where it fails, WrongError where the server has warned."""
        ended = self.helm.must(*arguments, env=self.access.env)
        warned = [line for line in ended.err.splitlines() if any(words in line for words in _COMPLAINTS)]
        if warned:
            raise WrongError("\n".join(warned))
        return ended

    def namespace(self, name: str) -> None:
        """Makes a namespace in which the API server admits only pods of Pod Security's level `restricted`."""
        rule = "pod-security.kubernetes.io"
        labels = {f"{rule}/{mode}": "restricted" for mode in ("enforce", "warn")}
        self.access.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}])


def run(report: Report, cluster: Cluster, variant: Variant, rendered: Sequence[Object]) -> None:
    """Every step with one variant, which makes the objects `rendered`, in a namespace of its own. What comes after an
    installation that failed is not run, and counts as such."""
    namespace = "verify-" + variant.name.removesuffix(".yaml").replace(".", "-").replace("_", "-").lower()
    access, name = cluster.access, variant.name
    tag = _tag(cluster, namespace)
    steps: dict[str, Step] = {
        "replicas as an autoscaler would have them": lambda: scaled.settle(access, namespace),
        "pods run": lambda: placed.all_running(access, namespace),
        "replicas are spread over zones": lambda: placed.spread(access, namespace),
        "a network policy for each service": lambda: _policies(report, access, namespace),
        "budgets allow disruptions": lambda: budgets.allow(access, namespace),
        "a node is drained": lambda: budgets.drain(access, namespace),
        "upgrade": lambda: _upgrade(report, cluster, variant, namespace),
        "rollback": lambda: _rollback(report, cluster, namespace, tag()),
        "helm test": lambda: _test(cluster, namespace),
        "uninstall": lambda: _uninstall(cluster, namespace),
    }
    if any(placed.wants_gpu(pod) for pod in pods_of(rendered).values()):
        steps = {"the GPU": lambda: _gpu(report, access, namespace), **steps}
    if not report.run(f"{name}: install", lambda: _install(report, cluster, variant, namespace, rendered)):
        for left in steps:
            report.leave_out(f"{name}: {left}")
        cluster.run("uninstall", RELEASE, "--namespace", namespace, "--ignore-not-found")
    else:
        for title, step in steps.items():
            report.run(f"{name}: {title}", step)
    access.must("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")


def _install(
    report: Report, cluster: Cluster, variant: Variant, namespace: str, rendered: Sequence[Object]
) -> list[str]:
    cluster.namespace(namespace)
    claims = missing_claims(rendered)
    if claims:
        cluster.access.apply([claim(name) for name in claims], "--namespace", namespace)
    arguments = ["install", RELEASE, str(CHART), "--namespace", namespace, *_WAIT, *variant.arguments]
    cluster.must(*arguments)
    report.installs += 1
    objects = documents(cluster.must("get", "manifest", RELEASE, "--namespace", namespace).out)
    return [f"the API server has taken {len(objects)} objects; the release is deployed"]


def _policies(report: Report, access: Access, namespace: str) -> list[str]:
    kinds = "deployments,statefulsets,daemonsets,jobs,cronjobs,networkpolicies.networking.k8s.io"
    found = network.covered(access.list(kinds, "--namespace", namespace))
    report.network_policies = max(report.network_policies, len(found))
    return [str(one) for one in found]


def _gpu(report: Report, access: Access, namespace: str) -> list[str]:
    lines = placed.on_the_gpu(access, namespace)
    report.gpu_scheduled = True
    return lines


def _upgrade(report: Report, cluster: Cluster, variant: Variant, namespace: str) -> list[str]:
    arguments = ["upgrade", RELEASE, str(CHART), "--namespace", namespace, *_WAIT, *variant.arguments]
    lines = rollout.watched(
        cluster.access, namespace, lambda: cluster.must(*arguments, "--set", f"image.tag={NEXT}"), f":{NEXT}"
    )
    report.upgrades += 1
    return lines


def _rollback(report: Report, cluster: Cluster, namespace: str, tag: str) -> list[str]:
    arguments = ["rollback", RELEASE, "1", "--namespace", namespace, *_WAIT]
    lines = rollout.watched(cluster.access, namespace, lambda: cluster.must(*arguments), f":{tag}")
    report.rollbacks += 1
    return lines


def _test(cluster: Cluster, namespace: str) -> list[str]:
    told = cluster.must("test", RELEASE, "--namespace", namespace, "--timeout", _TIMEOUT).out
    phases = [line.split(":")[1].strip() for line in told.splitlines() if line.startswith("Phase:")]
    if not phases or set(phases) != {"Succeeded"}:
        raise WrongError(told)
    return [f"{len(phases)} test pods were admitted, placed, and ended (kwok runs no container)"]


def _uninstall(cluster: Cluster, namespace: str) -> list[str]:
    cluster.must("uninstall", RELEASE, "--namespace", namespace, "--wait", "--timeout", _TIMEOUT)
    return leftovers.after_uninstall(cluster.access, namespace, RELEASE)


def _tag(cluster: Cluster, namespace: str) -> Callable[[], str]:
    """What the images of the first revision are tagged with, asked when it is needed."""

    def ask() -> str:
        first = cluster.must("get", "manifest", RELEASE, "--namespace", namespace, "--revision", "1").out
        images = [
            container["image"]
            for one in documents(first)
            if one["kind"] == "Deployment"
            for container in one["spec"]["template"]["spec"]["containers"]
            if "sluice-" in container["image"]
        ]
        return str(images[0]).rpartition(":")[2]

    return ask

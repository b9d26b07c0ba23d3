"""The steps on a real API server."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.deploy import tools
from tests.deploy.cluster.access import Access
from tests.deploy.cluster.control_plane import Programs
from tests.deploy.verify import checking, controls, placed, release
from tests.deploy.verify.chart import Helm, Variant, variants
from tests.deploy.verify.reading import Object, documents
from tests.deploy.verify.release import Cluster
from tests.deploy.verify.report import Report


def programs_of_the_cluster(env: Mapping[str, str]) -> Programs:
    """Where they are. NotReadyError where one is missing."""
    wanted = (tools.ETCD, tools.API_SERVER, tools.CONTROLLERS, tools.SCHEDULER, tools.KWOK, tools.KUBECTL)
    return Programs(*(tools.program(one, env) for one in wanted))


def steps_on_a_server(report: Report, access: Access, helm: Helm, env: Mapping[str, str]) -> None:
    """All of them, one after the other, each variant of the chart in a namespace of its own."""
    cluster, made = Cluster(access, helm), rendered(report, helm)
    every = [one for objects in made.values() for one in objects]
    report.run("API server: it and its nodes", partial(_what_there_is, access))
    report.run("API server: CustomResourceDefinitions", partial(_definitions, access, env, every))
    for variant, objects in made.items():
        release.run(report, cluster, variant, objects)
    report.run("no GPU without a toleration", partial(_without_toleration, cluster, every))
    with TemporaryDirectory() as work:
        typo = partial(controls.by_the_server, cluster, next(iter(made)), Path(work))
        report.run("a chart with a typo is refused by the API server", typo)
    report.run("mistakes that schemas let pass are refused", partial(_admission, cluster, every))


def rendered(report: Report, helm: Helm) -> dict[Variant, list[Object]]:
    """What the chart makes of each variant. One that it refuses is a failed step, and is not installed."""
    made: dict[Variant, list[Object]] = {}

    def render(variant: Variant) -> list[str]:
        made[variant] = documents(helm.template(variant))
        return []

    for variant in variants():
        if not report.run(f"{variant.name}: render", partial(render, variant)):
            report.leave_out(f"{variant.name}: install")
    return made


def _what_there_is(access: Access) -> list[str]:
    version = access.get("/version")["gitVersion"]
    lines = [f"kube-apiserver {version}"]
    for node in access.list("nodes"):
        zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
        taints = [f"{one['key']}={one.get('value', '')}:{one['effect']}" for one in node["spec"].get("taints", [])]
        gpus = node["status"]["allocatable"].get("nvidia.com/gpu", "0")
        lines.append(f"node {node['metadata']['name']}: {zone}, {gpus} GPUs{''.join(f', {one}' for one in taints)}")
    return lines


def _definitions(access: Access, env: Mapping[str, str], rendered: list[Object]) -> list[str]:
    """Those that the chart makes something of: every other would only slow the API server down."""
    used = {(one["apiVersion"].partition("/")[0], one["kind"]) for one in rendered}
    files = [documents(file.read_text(encoding="utf-8")) for file in checking.crds(env)]
    there = [one for file in files for one in file if one["kind"] == "CustomResourceDefinition"]
    definitions = [one for one in there if (one["spec"]["group"], one["spec"]["names"]["kind"]) in used]
    for one in definitions:
        # A conversion asks a controller, and here is none; every version is served as it was written.
        one["spec"].pop("conversion", None)
    access.apply(definitions)
    names = [one["metadata"]["name"] for one in definitions]
    access.must("wait", "--for=condition=Established", "--timeout=180s", *(f"crd/{name}" for name in names))
    return [f"{len(names)} of {len(there)}: {', '.join(sorted(names))}"]


def _without_toleration(cluster: Cluster, rendered: list[Object]) -> list[str]:
    cluster.namespace("verify-gpu-control")
    try:
        return placed.refused_without_toleration(cluster.access, "verify-gpu-control", rendered)
    finally:
        cluster.access.must("delete", "namespace", "verify-gpu-control", "--wait=false", "--ignore-not-found")


def _admission(cluster: Cluster, rendered: list[Object]) -> list[str]:
    cluster.namespace("verify-admission")
    try:
        return controls.by_admission(cluster.access, "verify-admission", rendered)
    finally:
        cluster.access.must("delete", "namespace", "verify-admission", "--wait=false", "--ignore-not-found")

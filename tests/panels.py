"""Dashboards asked for real: metrics as documented, a real Prometheus, and the questions of every panel."""

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.grafana.boards import ALL
from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process
from sluice.telemetry.metrics import Metrics
from sluice.telemetry.process import ProcessNumbers
from tests.promtool import ensure

SERVICE: Final = "c2pa-signer"
"""Who tells all of it; some panels ask for this one."""
VALUES: Final = {
    "action": "BLOCK",
    "check": "hash",
    "code": "overloaded",
    "group": "sluice-provenance",
    "lane": "interactive",
    "phase": "failed",
    "rule": "incomplete",
    "stage": "PROMPT",
    "state": "failed",
    "status": "ERROR",
    "topic": "assets.signed",
}
"""By label; any other has the value x. Panels and rules that look for a certain value look for these."""
FOLDER: Final = Path(__file__).parents[1] / "deploy/prometheus"

_PAGE: Final = Path(__file__).parents[1] / "docs/operations.md"
_ROW: Final = re.compile(r"^\| `(sluice_\w+)` \| (counter|gauge|histogram) \|(.*?)\| (.*) \|$", re.MULTILINE)
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Documented:
    """A row of the table of metrics. `name`: as Metrics takes it."""

    name: str
    kind: str
    labels: Mapping[str, str]


def documented() -> list[Documented]:
    """What docs/operations.md says that services tell, the metrics of processes aside."""
    found = []
    for name, kind, labels, about in _ROW.findall(_PAGE.read_text()):
        alike = re.findall(r"`(sluice_\w+)`", about) if about.endswith("alike") else []
        named = {label: VALUES.get(label, "x") for label in re.findall(r"`(\w+)`", labels)}
        names = [each.removeprefix("sluice_").removesuffix("_total") for each in (name, *alike)]
        found += [Documented(each, kind, named) for each in names if each != "children_cpu_seconds"]
    return found


def process_metrics() -> Metrics:
    """Of a process that has told nothing yet but of itself."""
    metrics = Metrics(SERVICE)
    metrics.add(ProcessNumbers(SERVICE))
    return metrics


def grow(metrics: Metrics) -> None:
    """Something of everything has happened once more."""
    for told in documented():
        if told.kind == "counter":
            metrics.count(told.name, "For a test.", told.labels)
        elif told.kind == "gauge":
            metrics.gauge(told.name, "For a test.", 1.0, told.labels)
        else:
            metrics.observe(told.name, "For a test.", 0.2, told.labels)


@contextmanager
def scraping(folder: Path, port: int) -> Iterator[str]:
    """A Prometheus with the configuration and rules of deploy/prometheus while this is open; its address. Only where
    it looks (`port` on loopback, as the job sluice) and how often (every second) are other."""
    (own,) = free_ports(1)
    config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "1s"}
    config["rule_files"] = [str(FOLDER / name) for name in config["rule_files"]]
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == "sluice")
    job["static_configs"] = [{"targets": [f"{LOOPBACK}:{port}"]}]
    config["scrape_configs"] = [job]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    command = [
        str(ensure().prometheus),
        f"--config.file={folder}/prometheus.yaml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={LOOPBACK}:{own}",
        "--log.level=warn",
    ]
    process = Process.start("prometheus", command, os.environ, folder / "prometheus.log")
    try:
        yield f"http://{LOOPBACK}:{own}"
    finally:
        process.terminate()
        if not process.wait(_STOP_SECONDS):
            process.kill()


def ask(address: str, expr: str) -> list[Any]:
    """The series of the answer; none as long as nobody answers. HTTPError where the question is wrong."""
    url = f"{address}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            found: list[Any] = json.loads(answer.read())["data"]["result"]
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return []
    except urllib.error.URLError:
        return []
    return [series for series in found if series["value"][1] != "NaN"]


def plain(expr: str, interval: str) -> str:
    """A panel's PromQL with Grafana's variables as Grafana would put them: everything chosen."""
    return re.sub(r"\$\w+", lambda name: interval if name[0] == "$__rate_interval" else ".*", expr)


def questions() -> dict[tuple[str, str, str], str]:
    """Every query of every dashboard, by dashboard, panel and what the panel says."""
    return {
        (board.name, panel["title"], target["expr"]): plain(target["expr"], "10s")
        for board in ALL
        for panel in board.json()["panels"]
        for target in panel.get("targets", [])
    }


def unanswered(
    address: str, seconds: float, between: Callable[[], None] = lambda: None
) -> list[tuple[str, str, str]]:
    """The queries that have no answer, once all have one or so much time is over. `between`: before each try."""
    left = questions()
    give_up = time.monotonic() + seconds
    while left and time.monotonic() < give_up:
        between()
        time.sleep(0.5)
        left = {key: expr for key, expr in left.items() if not ask(address, expr)}
    return list(left)

"""A real Prometheus on loopback, with the alert rules in a hurry."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from sluice.local.ports import LOOPBACK, free_ports
from sluice.local.process import Process, stop_all
from tests.alerts import hurried, rule_files
from tests.promtool import ensure

_START_SECONDS = 30.0
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Alert:
    """One that fires."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Prometheus:
    """What it says of its alerts."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/api/v1"

    def firing(self) -> list[Alert]:
        """Those that fire now: pending ones do not yet."""
        found = self._ask("alerts")["alerts"]
        return [
            Alert(one["labels"]["alertname"], one["labels"], one["annotations"])
            for one in found
            if one["state"] == "firing"
        ]

    def fired(self, seconds: float) -> list[Mapping[str, str]]:
        """Labels of each that has fired at some moment of the last so many seconds."""
        query = f'max_over_time(ALERTS{{alertstate="firing"}}[{max(1, int(seconds))}s])'
        return [one["metric"] for one in self._ask(f"query?{urlencode({'query': query})}")["result"]]

    def rule_errors(self) -> list[str]:
        """Rules that cannot be evaluated."""
        groups = self._ask("rules")["groups"]
        return [rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")]

    def scraped(self) -> int:
        """Targets that answered last time."""
        return sum(target["health"] == "up" for target in self._ask("targets")["activeTargets"])

    def wait(self, enough: Callable[[list[Alert]], bool], seconds: float) -> list[Alert]:
        """What fires as soon as `enough` says so, or after so many seconds."""
        until = time.monotonic() + seconds
        while not enough(found := self.firing()) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        return found

    def _ask(self, path: str) -> dict[str, list[dict[str, Any]]]:
        with urllib.request.urlopen(f"{self._url}/{path}", timeout=10) as answer:
            found: dict[str, list[dict[str, Any]]] = json.load(answer)["data"]
        return found


@contextmanager
def prometheus(folder: Path, targets: Sequence[str]) -> Iterator[Prometheus]:
    """Scrapes `targets` (host:port) every second and evaluates every file of rules every second."""
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for path in rule_files():
        (rules / path.name).write_text(hurried(path.read_text()))
    config = folder / "prometheus.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules / "*.yaml")],
                "scrape_configs": [{"job_name": "sluice", "static_configs": [{"targets": list(targets)}]}],
            }
        )
    )
    address = f"{LOOPBACK}:{free_ports(1)[0]}"
    argv = [
        str(ensure().prometheus),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    process = Process.start("prometheus", argv, {}, folder / "prometheus.log")
    try:
        found = Prometheus(address)
        until = time.monotonic() + _START_SECONDS
        while not _answers(found):
            assert process.exit_code() is None, process.how_it_ended()
            assert time.monotonic() < until, process.last_words()
            time.sleep(_LOOK_SECONDS)
        yield found
    finally:
        stop_all([process], 10.0)


def _answers(found: Prometheus) -> bool:
    try:
        found.firing()
    except OSError:
        return False
    return True

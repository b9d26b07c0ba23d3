"""The files of charts/sluice/files: copies, never edited, for a chart can read nothing outside its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from sluice.bus.access import PRINCIPALS
from sluice.bus.topics import TOPICS
from sluice.cli.topics_access_forms import strimzi

CHECKOUT: Final = Path(__file__).parents[2]
CHART: Final = CHECKOUT / "charts/sluice"
FILES: Final = CHART / "files"
_OF_THE_CLUSTER: Final = "min.insync.replicas"
"""The setting that follows from the number of replicas, which the chart's values say."""


def files() -> Mapping[str, bytes]:
    """Every file below charts/sluice/files by its path there, as it should be."""
    deploy = CHECKOUT / "deploy"
    found = {f"rules/{path.name}": path.read_bytes() for path in (deploy / "prometheus").glob("*.rules.yaml")}
    found |= {f"dashboards/{path.name}": path.read_bytes() for path in (deploy / "grafana/dashboards").glob("*.json")}
    found |= {name: (deploy / "chart" / name).read_bytes() for name in ("ask.py", "lay.py")}
    found["triton-start.sh"] = (deploy / "triton/start.sh").read_bytes()
    return found | {"topics.yaml": _yaml({"topics": topics()}), "users.yaml": _yaml({"users": users()})}


def topics() -> list[dict[str, object]]:
    """Name and settings of every topic, for KafkaTopic resources."""
    return [
        {
            "name": spec.topic.value,
            "config": {name: value for name, value in spec.settings(1).items() if name != _OF_THE_CLUSTER},
        }
        for spec in TOPICS
    ]


def users() -> list[dict[str, object]]:
    """Name and access list of every principal, for KafkaUser resources."""
    documents = yaml.safe_load_all(strimzi(PRINCIPALS, "", "", "tls"))
    return [{"name": one["metadata"]["name"], "acls": one["spec"]["authorization"]["acls"]} for one in documents]


def write(folder: Path = FILES) -> list[Path]:
    """Writes all of them, and removes what is there beside them. Returns those that changed."""
    wanted = {folder / name: data for name, data in files().items()}
    there = {path for path in folder.rglob("*") if path.is_file()}
    changed = [path for path, data in wanted.items() if path not in there or path.read_bytes() != data]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
    gone = sorted(there - wanted.keys())
    for path in gone:
        path.unlink()
    return [*changed, *gone]


def _yaml(document: object) -> bytes:
    head = "# Written by `python -m deploy.chart` from the tables in services/sluice/bus.\n"
    return (head + yaml.safe_dump(document, sort_keys=False, width=200)).encode()

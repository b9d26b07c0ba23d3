"""The lists of peers that the chart writes are such as services read, and name methods that there are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from grpc_reflection.v1alpha import reflection

from sluice.contract.rpcs import rpc_services
from sluice.host.peers import parse_peers

GOLDEN = Path(__file__).parents[1] / "deploy" / "golden"


def lists(page: Path) -> Iterator[str]:
    """The text of each. Other documents of the page may be shortened, and are no YAML then."""
    for document in page.read_text().split("\n---\n"):
        if "\n  peers.yaml: " in document:
            yield yaml.safe_load(document)["data"]["peers.yaml"]


@pytest.mark.parametrize("name", ["values", "production"])
def test_the_charts_lists_are_read_and_name_methods_that_there_are(name: str) -> None:
    methods = {f"{service}/{method}" for service, all_ in rpc_services().items() for method in (*all_, "*")}
    methods |= {f"{reflection.SERVICE_NAME}/{method}" for method in ("ServerReflectionInfo", "*")}
    found = list(lists(GOLDEN / f"{name}.yaml"))
    named = {method for text in found for method in parse_peers(Path("peers.yaml"), text.encode()).allowed}
    assert "sluice.v1.Ingest/Prepare" in named
    assert named <= methods

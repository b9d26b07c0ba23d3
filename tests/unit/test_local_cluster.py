"""What makes a broker one of several."""

from pathlib import Path

import pytest

from sluice.local.cluster import node_properties
from sluice.local.kafka import server_properties


@pytest.mark.parametrize(("nodes", "replicas", "least"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)])
def test_a_write_is_on_all_replicas_but_one(nodes: int, replicas: int, least: int) -> None:
    found = node_properties(1, [20_000 + number for number in range(nodes)])
    assert found["transaction.state.log.replication.factor"] == replicas
    assert found["offsets.topic.replication.factor"] == replicas
    assert found["transaction.state.log.min.isr"] == found["min.insync.replicas"] == least


def test_what_a_node_says_of_itself_stands_last() -> None:
    lines = server_properties(Path("/data"), 21_000, 21_003, node_properties(2, [21_003, 21_004])).splitlines()
    settings = dict(line.split("=", 1) for line in lines)
    assert settings["node.id"] == "2"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:21003,2@127.0.0.1:21004"
    assert settings["offsets.topic.replication.factor"] == "2"

"""The whole run, against doors that allow everything, with our check alone as the only peer."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.gateway.__main__ import measured, parser
from benchmarks.gateway.grpc_door import GrpcDoor
from benchmarks.gateway.http_door import HttpDoor
from benchmarks.gateway.stack import PROCESSES, SERVICES
from sluice.local.entry_points import service_names
from sluice.v1.decision_pb2 import Action, Decision
from sluice.v1.orchestrator_pb2 import ModerateResponse
from sluice.v1.orchestrator_pb2_grpc import add_OrchestratorServicer_to_server
from tests.unit.grpc_door import serving
from tests.unit.test_benchmarks_gateway_sides import http, result
from tests.unit.test_cli_send import Peer as Orchestrator

OPTIONS = ("--rounds", "2", "--short", "3", "--chats", "2", "-c", "1", "2", "--peers-at-once", "2", "--cores", "1")


async def run(tmp_path: Path, action: Action.ValueType) -> dict[str, float]:
    orchestrator = Orchestrator(ModerateResponse(decision=Decision(action=action, complete=True)))
    used = itertools.count(1)

    def cpu() -> Mapping[str, float]:
        return {"gateway": next(used) / 1000, "kafka": 1.0}

    async with (
        serving(lambda server: add_OrchestratorServicer_to_server(orchestrator, server)) as channel,
        http(*[result(False)] * 50) as (address, _),
    ):
        both = GrpcDoor(channel, cpu, 0.0), HttpDoor(address, "sk-sluice-x", cpu, 0.0)
        tables = await measured(parser().parse_args(OPTIONS), both, {}, tmp_path)
    return {name: value for _, figures in tables for name, value in figures.items()}


async def test_every_side_has_its_figures(tmp_path: Path) -> None:
    found = await run(tmp_path, Action.ACTION_ALLOW)
    assert {name.rpartition("_per_second")[0] for name in found if name.endswith("_per_second")} == {
        *("doors_1_grpc", "doors_1_http", "doors_2_grpc", "doors_2_http"),
        *("peers_short_2_http_door", "peers_short_2_our_check_alone"),
        *("peers_chat_2_http_door", "peers_chat_2_our_check_alone"),
    }
    assert found["peers_short_2_http_door_per_second_over_ours"] == 1
    assert all(value >= 0 for name, value in found.items() if "added" not in name)


async def test_doors_that_differ_have_none(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="gRPC door and HTTP door told different decisions of 3 texts"):
        await run(tmp_path, Action.ACTION_BLOCK)


def test_the_stack_is_of_services_that_there_are() -> None:
    assert set(SERVICES) <= set(service_names())
    assert set(SERVICES) <= PROCESSES

"""How a single service joins the stack that runs."""

import socket

from sluice.cli.serve import joining, vacant_address
from sluice.local.state import Running, ServiceAt

RUNNING = Running(1, "", "127.0.0.1:9", "file:///objects", "/certs", {})


def test_a_service_takes_its_places_from_the_running_stack() -> None:
    assert joining({"PATH": "/bin", "SLUICE_MODELS": ""}, RUNNING, "127.0.0.1:7") == {
        "PATH": "/bin",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "SLUICE_OBJECT_STORE": "file:///objects",
        "SLUICE_C2PA_CERTS": "/certs",
        "SLUICE_TEST_BANK": "1",
        "SLUICE_GRPC_ADDRESS": "127.0.0.1:7",
    }


def test_what_the_caller_sets_stays() -> None:
    env = {"SLUICE_OBJECT_STORE": "s3://bucket", "SLUICE_TEST_BANK": "0"}
    assert joining(env, RUNNING, None).items() >= env.items()


def test_a_service_that_is_gone_is_replaced_where_callers_look_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    running = Running(1, "", "127.0.0.1:9", "file:///objects", "/certs", {"ingest": ServiceAt(address, 2)})
    assert vacant_address("ingest", running) == address
    assert vacant_address("hash-matcher", running) is None

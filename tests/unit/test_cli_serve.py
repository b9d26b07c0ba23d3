"""How a single service joins the stack that runs."""

import socket
from dataclasses import replace

from sluice.cli.serve import joining, taken_over, vacant_place
from sluice.local.state import Running, ServiceAt

RUNNING = Running(1, "", "127.0.0.1:9", "file:///objects", "/certs", {})


def test_a_service_takes_its_places_from_the_running_stack() -> None:
    assert joining({"PATH": "/bin", "SLUICE_MODELS": ""}, RUNNING, ServiceAt("127.0.0.1:7", 2, 0, "127.0.0.1:8")) == {
        "PATH": "/bin",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "SLUICE_OBJECT_STORE": "file:///objects",
        "SLUICE_C2PA_CERTS": "/certs",
        "SLUICE_TEST_BANK": "1",
        "SLUICE_GRPC_ADDRESS": "127.0.0.1:7",
        "SLUICE_OPS_ADDRESS": "127.0.0.1:8",
    }


def test_what_the_caller_sets_stays() -> None:
    env = {"SLUICE_OBJECT_STORE": "s3://bucket", "SLUICE_TEST_BANK": "0"}
    assert joining(env, RUNNING, None).items() >= env.items()


def test_a_service_that_is_gone_is_replaced_where_callers_look_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    gone = ServiceAt(address, 2, 5, "127.0.0.1:8")
    running = Running(1, "", "127.0.0.1:9", "file:///objects", "/certs", {"ingest": gone})
    assert vacant_place("ingest", running) == gone
    assert vacant_place("hash-matcher", running) is None
    taken = taken_over(running, "ingest", gone, 77)
    assert taken.services == {"ingest": ServiceAt(address, 77, 0, "127.0.0.1:8")}


def test_a_door_for_the_world_is_taken_over_too() -> None:
    vacant = ServiceAt("127.0.0.1:7", 2, 0, "127.0.0.1:8", "127.0.0.1:6")
    assert joining({}, RUNNING, vacant, "provenance")["SLUICE_PROVENANCE_HTTP"] == "127.0.0.1:6"
    assert "SLUICE_PROVENANCE_HTTP" not in joining({}, RUNNING, vacant, "ingest")


def test_a_reporter_reports_to_the_stacks_simulator_unless_it_is_told_otherwise() -> None:
    played = replace(RUNNING, simulators={"cybertipline": ServiceAt("http://127.0.0.1:5", 3)})
    assert joining({}, played, None, "reporter")["SLUICE_TIPLINE_URL"] == "http://127.0.0.1:5/ispws"
    env = {"SLUICE_TIPLINE_URL": "https://theirs.example/ispws", "SLUICE_TIPLINE_USER_FILE": "/u"}
    assert joining(env, played, None, "reporter").items() >= env.items()
    for running, name in ((played, "ingest"), (RUNNING, "reporter")):
        assert "SLUICE_TIPLINE_URL" not in joining({}, running, None, name)


def test_its_spans_go_where_the_stacks_do() -> None:
    with_one = replace(RUNNING, collector=ServiceAt("127.0.0.1:5", 3, http="127.0.0.1:6"))
    assert joining({}, with_one, None)["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:5"
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://theirs:4317"}
    assert joining(env, with_one, None).items() >= env.items()
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in joining({}, RUNNING, None)

"""What a stack is made of and what its services are told."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.local.plan import Plan, make_plan, service_env

HOME = Path("/home/of/sluice")
CERTS = Path("/certs")
OTHERS = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9093", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}


def plan(env: dict[str, str]) -> Plan:
    return make_plan(HOME, CERTS, {"ingest": ["ingest"]}, env)


def test_without_a_broker_the_stack_brings_its_own() -> None:
    ours = plan({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"})
    assert ours.kafka is None
    told = service_env(ours, "127.0.0.1:9", "127.0.0.1:7")
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:9"
    assert "KAFKA_SECURITY_PROTOCOL" not in told


def test_somebody_elses_broker_is_used_with_its_security_settings() -> None:
    theirs = plan(OTHERS)
    assert theirs.kafka is not None
    assert theirs.kafka.properties == {"bootstrap.servers": "kafka:9093", "security.protocol": "SASL_SSL"}
    told = service_env(theirs, theirs.kafka.bootstrap, "127.0.0.1:7")
    assert told["KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"


def test_services_are_told_where_everything_is() -> None:
    told = service_env(plan({"PATH": "/bin"}), "127.0.0.1:9", "127.0.0.1:7")
    assert told["SLUICE_GRPC_ADDRESS"] == "127.0.0.1:7"
    assert told["SLUICE_HOME"] == str(HOME)
    assert told["SLUICE_OBJECT_STORE"] == f"file://{HOME}/objects"
    assert told["SLUICE_C2PA_CERTS"] == str(CERTS)
    assert told["SLUICE_TEST_BANK"] == "1"
    assert told["PATH"] == "/bin"


def test_what_the_caller_sets_stays() -> None:
    env = {"SLUICE_TEST_BANK": "0", "SLUICE_OBJECT_STORE": "s3://bucket", "SLUICE_C2PA_CERTS": "/real"}
    told = service_env(plan(env), "127.0.0.1:9", "127.0.0.1:7")
    assert {name: told[name] for name in env} == env


@pytest.mark.parametrize("name", ["SLUICE_TLS_DIR", "SLUICE_CLIENT_TLS_DIR"])
def test_services_and_who_asks_them_speak_tls_together_or_not_at_all(name: str) -> None:
    with pytest.raises(ConfigError, match="needs both of them, or neither"):
        plan({name: "/certs"})
    told = service_env(plan({"SLUICE_TLS_DIR": "/a", "SLUICE_CLIENT_TLS_DIR": "/b"}), "127.0.0.1:9", "127.0.0.1:7")
    assert told["SLUICE_TLS_DIR"] == "/a"


def test_no_two_services_get_the_same_address_for_health() -> None:
    told = service_env(plan({"SLUICE_HEALTH_ADDRESS": "127.0.0.1:8"}), "127.0.0.1:9", "127.0.0.1:7")
    assert told["SLUICE_HEALTH_ADDRESS"] == ""


def test_simulators_are_there_where_they_are_asked_for() -> None:
    assert plan({}).simulators is None
    assert make_plan(HOME, CERTS, {}, {}, simulators=HOME).simulators == HOME


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        plan({"SLUICE_PARTITIONS": "0", "SLUICE_REPLICATION": "many"})
    assert [problem.partition("=")[0] for problem in caught.value.problems] == [
        "SLUICE_PARTITIONS",
        "SLUICE_REPLICATION",
    ]


def test_each_service_has_its_own_door_for_operators() -> None:
    env = {"SLUICE_OPS_ADDRESS": "0.0.0.0:9464"}
    assert service_env(plan(env), "127.0.0.1:9", "127.0.0.1:7", "127.0.0.1:8")["SLUICE_OPS_ADDRESS"] == "127.0.0.1:8"
    # One address for all of them would be the first's alone.
    assert service_env(plan(env), "127.0.0.1:9", "127.0.0.1:7")["SLUICE_OPS_ADDRESS"] == ""


def test_a_door_for_the_world_is_told() -> None:
    told = service_env(plan({}), "127.0.0.1:9", "127.0.0.1:7", doors={"SLUICE_PROVENANCE_HTTP": "127.0.0.1:6"})
    assert told["SLUICE_PROVENANCE_HTTP"] == "127.0.0.1:6"


def test_spans_go_to_the_stacks_collector_where_there_is_one() -> None:
    ours = make_plan(HOME, CERTS, {}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, traces=True)
    assert ours.collects
    told = service_env(ours, "127.0.0.1:9", "127.0.0.1:7", collector="127.0.0.1:5")
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:5"
    assert told["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc"


def test_spans_go_where_the_caller_says_or_nowhere() -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://theirs:4317"}
    theirs = make_plan(HOME, CERTS, {}, env, traces=True)
    assert not theirs.collects
    assert service_env(theirs, "127.0.0.1:9", "127.0.0.1:7")["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://theirs:4317"
    assert not plan({}).collects
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in service_env(plan({}), "127.0.0.1:9", "127.0.0.1:7")

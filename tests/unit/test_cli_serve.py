"""How a single service joins the stack that runs."""

from sluice.cli.serve import joining
from sluice.local.state import Running

RUNNING = Running(1, "", "127.0.0.1:9", "file:///objects", "/certs", {})


def test_a_service_takes_its_places_from_the_running_stack() -> None:
    assert joining({"PATH": "/bin", "SLUICE_MODELS": ""}, RUNNING) == {
        "PATH": "/bin",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "SLUICE_OBJECT_STORE": "file:///objects",
        "SLUICE_C2PA_CERTS": "/certs",
        "SLUICE_TEST_BANK": "1",
    }


def test_what_the_caller_sets_stays() -> None:
    env = {"SLUICE_OBJECT_STORE": "s3://bucket", "SLUICE_TEST_BANK": "0"}
    assert joining(env, RUNNING).items() >= env.items()

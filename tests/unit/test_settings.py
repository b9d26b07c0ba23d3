"""Configuration: complete, or refused with the names of the variables."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.settings import Reader, read_settings, split_address


def test_every_problem_is_named_at_once() -> None:
    env = {"SLUICE_LOG_LEVEL": "loud", "SLUICE_DRAIN_SECONDS": "soon", "SLUICE_MAX_INFLIGHT": "0"}
    reader = Reader(env)
    read_settings(reader, env)
    with pytest.raises(ConfigError) as caught:
        reader.finish()
    text = "\n".join(caught.value.problems)
    names = ("KAFKA_BOOTSTRAP_SERVERS", "SLUICE_LOG_LEVEL", "SLUICE_DRAIN_SECONDS", "SLUICE_MAX_INFLIGHT")
    assert all(name in text for name in names)
    assert "'loud' should be one of debug, info, warning, error" in text


def test_security_settings_become_client_properties(tmp_path: Path) -> None:
    env = {
        "SLUICE_HOME": str(tmp_path),
        "KAFKA_BOOTSTRAP_SERVERS": "broker:9093",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": "ingest",
        "KAFKA_SASL_PASSWORD": "secret",
    }
    reader = Reader(env)
    settings = read_settings(reader, env)
    reader.finish()
    assert settings.kafka.bootstrap == "broker:9093"
    assert settings.kafka.properties["sasl.mechanism"] == "SCRAM-SHA-512"
    assert settings.object_store == f"file://{tmp_path}/objects"


@pytest.mark.parametrize(("raw", "good"), [("1", True), ("0", True), ("yes", False), ("true", False)])
def test_flags_are_ones_and_zeros(raw: str, good: bool) -> None:
    reader = Reader({"X": raw})
    reader.flag("X")
    if good:
        reader.finish()
    else:
        with pytest.raises(ConfigError, match="X="):
            reader.finish()


@pytest.mark.parametrize(
    ("raw", "parts"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:9464", ("::1", 9464)), ("pod.local:65535", ("pod.local", 65535))],
)
def test_an_address_has_a_host_and_a_port(raw: str, parts: tuple[str, int]) -> None:
    reader = Reader({"A": raw})
    assert split_address(reader.address("A")) == parts
    assert reader.address("B") == ""
    reader.finish()


@pytest.mark.parametrize("raw", ["9464", ":9464", "localhost", "localhost:", "localhost:65536", "localhost:-1"])
def test_what_is_no_address_is_refused(raw: str) -> None:
    reader = Reader({"A": raw})
    assert reader.address("A") == ""
    with pytest.raises(ConfigError, match="should be host:port"):
        reader.finish()

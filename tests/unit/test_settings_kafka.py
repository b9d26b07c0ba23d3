"""The broker's settings: passwords from files, files that are not there, and nothing secret in what is told."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sluice.bus.clients import plain_producer
from sluice.errors import ConfigError
from sluice.local.plan import without_kafka
from sluice.settings import KAFKA_SECRETS, KAFKA_VARIABLES, KafkaSettings, Reader, read_kafka

BROKER = {"KAFKA_BOOTSTRAP_SERVERS": "broker:9093"}
SECRETS = [(file, direct, KAFKA_VARIABLES[direct]) for file, direct in KAFKA_SECRETS.items()]


def read(env: Mapping[str, str]) -> KafkaSettings:
    reader = Reader({**BROKER, **env})
    found = read_kafka(reader)
    reader.finish()
    return found


def problem(env: Mapping[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read(env)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(("variable", "direct", "prop"), SECRETS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_is_read_from_its_file(tmp_path: Path, variable: str, direct: str, prop: str, end: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(f" p ä s s {end}".encode())
    assert read({variable: str(file)}).properties[prop] == " p ä s s "
    assert read({direct: "said"}).properties[prop] == "said"
    assert problem({variable: str(file), direct: "said"}).startswith(f"{direct} and {variable} are both set")


@pytest.mark.parametrize("variable", KAFKA_SECRETS)
def test_a_file_without_a_password_is_named_and_not_shown(tmp_path: Path, variable: str) -> None:
    file = tmp_path / "password"
    assert problem({variable: str(file)}) == f"{variable}: {file}: No such file or directory"
    for content, what in ((b"", "nothing in it"), (b"\n", "nothing in it"), (b"one\ntwo", "more than a line")):
        file.write_bytes(content)
        told = problem({variable: str(file)})
        assert told.startswith(f"{variable}: {file} has {what}")
        assert "two" not in told
    file.write_bytes(b"\xff\xfe")
    assert problem({variable: str(file)}) == f"{variable}: {file} is not text in UTF-8"
    assert problem({variable: str(tmp_path)}) == f"{variable}: {tmp_path}: Is a directory"


@pytest.mark.parametrize(
    "name", ["KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION", "KAFKA_SSL_CA_LOCATION"]
)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    assert problem({name: str(tmp_path / "not")}).startswith(name)


def test_authorities_may_be_a_folder_or_the_usual_places(tmp_path: Path) -> None:
    for value in (str(tmp_path), "probe"):
        assert read({"KAFKA_SSL_CA_LOCATION": value}).properties["ssl.ca.location"] == value


def test_a_protocol_that_there_is_not_is_refused() -> None:
    assert problem({"KAFKA_SECURITY_PROTOCOL": "TLS"}).startswith("KAFKA_SECURITY_PROTOCOL='TLS' should be one of")


def test_settings_do_not_show_their_passwords() -> None:
    found = read({"KAFKA_SASL_PASSWORD": "open sesame"})
    assert "sesame" not in f"{found!r} {found}"


def test_what_the_client_refuses_is_a_problem_of_the_settings_and_shows_no_password() -> None:
    sasl = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "NONSENSE"}
    with pytest.raises(ConfigError, match=r"KAFKA_\*: ") as caught:
        plain_producer(read({**sasl, "KAFKA_SASL_USERNAME": "a", "KAFKA_SASL_PASSWORD": "open sesame"}))
    assert "sesame" not in str(caught.value)


def test_somebody_elses_broker_takes_its_files_with_it() -> None:
    env = {**dict.fromkeys((*KAFKA_VARIABLES, *KAFKA_SECRETS), "x"), "HOME": "y"}
    assert without_kafka(env) == {"HOME": "y"}

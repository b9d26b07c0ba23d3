"""Ingest's own variables."""

import ipaddress
from pathlib import Path

import pytest

from ingest.fetch.address import Host
from ingest.fetch.settings import FetchSettings
from ingest.settings import IngestSettings, read_ingest_settings
from sluice.errors import ConfigError
from sluice.settings import Reader, read_settings


def read(env: dict[str, str]) -> IngestSettings:
    reader = Reader({"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", **env})
    found = read_ingest_settings(reader, read_settings(reader, env))
    reader.finish()
    return found


def test_the_defaults() -> None:
    assert read({}) == IngestSettings(20 << 20, 64 << 10, 1 << 20, 64_000_000, 1, 20, 2304, 8, 4 << 20, True)


def test_every_bound_can_be_set() -> None:
    env = {
        "SLUICE_MAX_IMAGE_BYTES": "1000",
        "SLUICE_MAX_TEXT_BYTES": "1001",
        "SLUICE_INLINE_LIMIT": "1002",
        "SLUICE_MAX_PIXELS": "1003",
        "SLUICE_DECODERS": "4",
        "SLUICE_DECODER_SECONDS": "5",
        "SLUICE_DECODER_MEMORY_MIB": "1006",
        "SLUICE_MAX_VIEWS": "7",
        "SLUICE_MAX_METADATA_BYTES": "1008",
        "SLUICE_DECODER_SECCOMP": "0",
    }
    assert read(env) == IngestSettings(1000, 1001, 1002, 1003, 4, 5, 1006, 7, 1008, False)


def test_what_cannot_work_is_named() -> None:
    with pytest.raises(ConfigError, match="SLUICE_DECODERS"):
        read({"SLUICE_DECODERS": "0"})


def test_nothing_is_fetched_by_default() -> None:
    assert read({}).fetch == FetchSettings()


def test_every_bound_of_fetching_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    env = {
        "SLUICE_FETCH_ALLOW": "img.example.org, *.example.net:8443",
        "SLUICE_FETCH_NETWORKS": "10.1.0.0/16,fd00:1::/32",
        "SLUICE_FETCH_HTTP": "1",
        "SLUICE_FETCH_SECONDS": "7",
        "SLUICE_FETCH_READ_SECONDS": "3",
        "SLUICE_FETCH_REDIRECTS": "0",
        "SLUICE_FETCHES": "9",
        "SLUICE_FETCH_CA": str(tmp_path / "ca.pem"),
    }
    assert read(env).fetch == FetchSettings(
        hosts=(Host("img.example.org"), Host("example.net", below=True, port=8443)),
        networks=(ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")),
        plain_http=True,
        seconds=7,
        read_seconds=3,
        redirects=0,
        at_once=9,
        ca=str(tmp_path / "ca.pem"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_FETCH_ALLOW", "*"),
        ("SLUICE_FETCH_ALLOW", "img.example.org, 127.0.0.1"),
        ("SLUICE_FETCH_ALLOW", "https://img.example.org"),
        ("SLUICE_FETCH_NETWORKS", "10.1.0.1/16"),
        ("SLUICE_FETCH_NETWORKS", "everything"),
        ("SLUICE_FETCH_CA", "/nowhere/ca.pem"),
        ("SLUICE_FETCH_SECONDS", "0"),
    ],
)
def test_a_fetch_setting_that_cannot_work_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read({name: value})


def test_borders_are_left_on_unless_it_is_said() -> None:
    assert not read({}).pdq_borders
    assert not read({"SLUICE_PDQ_CROPS": "off"}).pdq_borders
    assert read({"SLUICE_PDQ_CROPS": "borders"}).pdq_borders
    with pytest.raises(ConfigError, match="SLUICE_PDQ_CROPS"):
        read({"SLUICE_PDQ_CROPS": "all"})

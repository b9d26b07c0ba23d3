"""Ingest's own variables."""

import pytest

from ingest.settings import IngestSettings, read_ingest_settings
from sluice.errors import ConfigError
from sluice.settings import Reader, read_settings


def read(env: dict[str, str]) -> IngestSettings:
    reader = Reader({"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", **env})
    found = read_ingest_settings(reader, read_settings(reader, env))
    reader.finish()
    return found


def test_the_defaults() -> None:
    assert read({}) == IngestSettings(20 << 20, 64 << 10, 1 << 20, 64_000_000, 1, 20, 2304)


def test_every_bound_can_be_set() -> None:
    env = {
        "SLUICE_MAX_IMAGE_BYTES": "1000",
        "SLUICE_MAX_TEXT_BYTES": "1001",
        "SLUICE_INLINE_LIMIT": "1002",
        "SLUICE_MAX_PIXELS": "1003",
        "SLUICE_DECODERS": "4",
        "SLUICE_DECODER_SECONDS": "5",
        "SLUICE_DECODER_MEMORY_MIB": "1006",
    }
    assert read(env) == IngestSettings(1000, 1001, 1002, 1003, 4, 5, 1006)


def test_what_cannot_work_is_named() -> None:
    with pytest.raises(ConfigError, match="SLUICE_DECODERS"):
        read({"SLUICE_DECODERS": "0"})

"""What the gateway is told, and how it says that this is wrong."""

from pathlib import Path

import pytest

from gateway.keys import new_secret
from gateway.settings import GatewaySettings, read_gateway_settings
from sluice.errors import ConfigError
from sluice.settings import Reader

NEEDED = {"SLUICE_ORCHESTRATOR_ADDRESS": "orchestrator:50051", "SLUICE_INGEST_ADDRESS": "dns:///ingest:50051"}
HOME = Path("/home/of/it")


def read(**env: str) -> GatewaySettings:
    """The settings of an environment."""
    reader = Reader({**NEEDED, **env})
    found = read_gateway_settings(reader, HOME)
    reader.finish()
    return found


def test_what_it_is_without_a_wish() -> None:
    found = read()
    assert found.address == "127.0.0.1:8080"
    assert (found.orchestrator, found.ingest) == ("orchestrator:50051", "dns:///ingest:50051")
    assert found.database == str(HOME / "gateway.db")
    assert (found.seed, found.max_body, found.deadline_ms, found.seconds) == ("", 28 << 20, 0, 30)


def test_the_first_key_and_the_database_are_not_printed() -> None:
    secret = new_secret()
    found = read(SLUICE_API_KEY=secret, SLUICE_GATEWAY_DB="postgresql://u:p@h/d")
    assert (found.seed, found.database) == (secret, "postgresql://u:p@h/d")
    assert secret not in repr(found)
    assert "u:p" not in repr(found)


def test_the_first_key_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = new_secret()
    (tmp_path / "key").write_text(f"{secret}\n")
    assert read(SLUICE_API_KEY_FILE=str(tmp_path / "key")).seed == secret


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_GATEWAY_ADDRESS", "8080"),
        ("SLUICE_ORCHESTRATOR_ADDRESS", ""),
        ("SLUICE_ORCHESTRATOR_ADDRESS", "orchestrator"),
        ("SLUICE_INGEST_ADDRESS", "dns:///ingest"),
        ("SLUICE_API_KEY", "secret-of-mine"),
        ("SLUICE_GATEWAY_MAX_BODY", "100"),
        ("SLUICE_GATEWAY_MAX_BODY", str(65 << 20)),
        ("SLUICE_GATEWAY_DEADLINE_MS", "-1"),
        ("SLUICE_GATEWAY_SECONDS", "0"),
        ("SLUICE_GATEWAY_MAX_PENDING", "0"),
        ("SLUICE_GATEWAY_MAX_STREAMS", "0"),
    ],
)
def test_what_is_wrong_is_named_and_a_key_is_not_quoted(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as found:
        read(**{name: value})
    assert "secret-of-mine" not in str(found.value)

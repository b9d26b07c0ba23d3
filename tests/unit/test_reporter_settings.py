"""What the reporter is told, and which variable is named where it is told nonsense."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from reporter.manner import Manner
from reporter.settings import ReporterSettings, read_reporter_settings
from sluice.errors import ConfigError
from sluice.settings import Reader

TIPLINE = {
    "SLUICE_TIPLINE_URL": "http://127.0.0.1:8090/ispws",
    "SLUICE_TIPLINE_USER": "simulator",
    "SLUICE_TIPLINE_PASSWORD": "simulator",
}
WHO = {
    "SLUICE_REPORTER_FIRST_NAME": "Made",
    "SLUICE_REPORTER_LAST_NAME": "Up",
    "SLUICE_REPORTER_EMAIL": "trust@service.invalid",
    "SLUICE_REPORTER_SERVICE": "Picture maker",
}


def read(home: Path, env: Mapping[str, str]) -> ReporterSettings:
    """Complete, or ConfigError."""
    whole = {"SLUICE_HOME": str(home), **env}
    reader = Reader(whole)
    found = read_reporter_settings(reader, whole)
    reader.finish()
    return found


def test_by_default_a_person_confirms_and_nothing_is_sent(tmp_path: Path) -> None:
    found = read(tmp_path, {})
    assert found.manner == Manner(hold=True, gather_ms=600_000, most_incidents=50)
    assert (found.tipline, found.workers, found.upkeep_hours) == (None, 2, 24)
    assert found.database == str(tmp_path / "reporter.db")
    assert found.vault.key == f"file://{tmp_path / 'vault.keys'}"


def test_what_is_set_counts(tmp_path: Path) -> None:
    env = {
        "SLUICE_REPORTER_DB": "postgresql://here/db",
        "SLUICE_REPORTER_HOLD": "0",
        "SLUICE_REPORTER_GATHER_SECONDS": "0",
        "SLUICE_REPORTER_MOST_INCIDENTS": "3",
        "SLUICE_REPORTER_WORKERS": "5",
        "SLUICE_REPORTER_UPKEEP_HOURS": "1",
    }
    found = read(tmp_path, {**env, **TIPLINE, **WHO})
    assert found.database == "postgresql://here/db"
    assert found.manner == Manner(hold=False, gather_ms=0, most_incidents=3)
    assert (found.workers, found.upkeep_hours) == (5, 1)
    assert found.tipline is not None
    assert found.reporter.service == "Picture maker"


def test_who_reports_must_be_known_only_where_something_is_sent(tmp_path: Path) -> None:
    read(tmp_path, WHO)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, TIPLINE)
    assert {problem.partition(" ")[0] for problem in caught.value.problems} == set(WHO)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_REPORTER_HOLD", "perhaps"),
        ("SLUICE_REPORTER_GATHER_SECONDS", "-1"),
        ("SLUICE_REPORTER_MOST_INCIDENTS", "0"),
        ("SLUICE_REPORTER_MOST_INCIDENTS", "76"),
        ("SLUICE_REPORTER_WORKERS", "none"),
        ("SLUICE_REPORTER_UPKEEP_HOURS", "0"),
        ("SLUICE_VAULT_KEY", "a key"),
        ("SLUICE_VAULT_KEY", "file:///there,elsewhere"),
        ("SLUICE_VAULT_PEOPLE", "/nowhere"),
        ("SLUICE_TIPLINE_URL", "ftp://there"),
    ],
)
def test_nonsense_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, {**TIPLINE, **WHO, name: value})
    assert any(problem.startswith(name) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("vault", "objects"),
    [
        ("s3://one/", "s3://one"),
        ("s3://one/vault", "s3://one"),
        ("file://HOME/objects", ""),
        ("file://HOME/objects/vault/", ""),
        ("file://HOME/./there/../all", "file://HOME/%61ll"),
        ("file://HOME/all/link/vault", "file://HOME/elsewhere"),
    ],
)
def test_evidence_does_not_lie_where_things_expire(tmp_path: Path, vault: str, objects: str) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "all" / "link").symlink_to(tmp_path / "elsewhere")
    env = {"SLUICE_VAULT": vault, "SLUICE_OBJECT_STORE": objects}
    with pytest.raises(ConfigError, match="SLUICE_VAULT should not be SLUICE_OBJECT_STORE, nor lie in it"):
        read(tmp_path, {name: value.replace("HOME", str(tmp_path)) for name, value in env.items()})


@pytest.mark.parametrize("vault", ["s3://one-vault", "s3://vault/one", "gs://one", "file:///one"])
def test_evidence_lies_beside_it(tmp_path: Path, vault: str) -> None:
    assert read(tmp_path, {"SLUICE_VAULT": vault, "SLUICE_OBJECT_STORE": "s3://one"}).vault.store == vault

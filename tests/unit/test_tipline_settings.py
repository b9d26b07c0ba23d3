"""The environment: nothing is sent without an address, and credentials come from files and are never shown."""

from pathlib import Path

import pytest

from reporter.backoff import LEASE_MS
from reporter.tipline.endpoint import TEST, Kind
from reporter.tipline.settings import MOST_SECONDS, read_tipline
from sluice.errors import ConfigError
from sluice.settings import Reader


def env(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment with credentials in files."""
    user, password = tmp_path / "user", tmp_path / "password"
    user.write_text("a-canary-user\n")
    password.write_text("a-canary-password\n")
    files = {"SLUICE_TIPLINE_USER_FILE": str(user), "SLUICE_TIPLINE_PASSWORD_FILE": str(password)}
    return {"SLUICE_TIPLINE_URL": TEST, **files, **more}


def test_no_call_may_outlast_a_lease() -> None:
    assert 2 * MOST_SECONDS * 1000 <= LEASE_MS


def test_without_an_address_there_is_no_tip_line() -> None:
    reader = Reader({"SLUICE_TIPLINE_USER": "x", "SLUICE_TIPLINE_PASSWORD": "y"})
    assert read_tipline(reader) is None
    reader.finish()


def test_all_of_it(tmp_path: Path) -> None:
    schema = tmp_path / "ncmec.xsd"
    schema.write_text("a schema")
    reader = Reader(env(tmp_path, SLUICE_TIPLINE_SCHEMA=str(schema), SLUICE_TIPLINE_SECONDS="7"))
    found = read_tipline(reader)
    reader.finish()
    assert found is not None
    assert (found.endpoint.kind, found.user, found.password) == (Kind.TEST, "a-canary-user", "a-canary-password")
    assert (found.schema, found.seconds, found.upload_seconds) == (schema, 7, 300)
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"SLUICE_TIPLINE_URL": "http://report.cybertip.org/ispws"}, "SLUICE_TIPLINE_URL"),
        ({"SLUICE_TIPLINE_SIMULATOR": "1"}, "NCMEC's own host"),
        (
            {"SLUICE_TIPLINE_USER_FILE": "", "SLUICE_TIPLINE_USER": "canary:x"},
            "SLUICE_TIPLINE_USER: a user's name with a colon",
        ),
        ({"SLUICE_TIPLINE_PASSWORD_FILE": ""}, "SLUICE_TIPLINE_PASSWORD_FILE"),
        ({"SLUICE_TIPLINE_SCHEMA": "/nowhere/ncmec.xsd"}, "SLUICE_TIPLINE_SCHEMA"),
        ({"SLUICE_TIPLINE_SECONDS": "0"}, "SLUICE_TIPLINE_SECONDS"),
        ({"SLUICE_TIPLINE_SECONDS": str(MOST_SECONDS + 1)}, "SLUICE_TIPLINE_SECONDS"),
        ({"SLUICE_TIPLINE_UPLOAD_SECONDS": str(MOST_SECONDS + 1)}, "SLUICE_TIPLINE_UPLOAD_SECONDS"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, more: dict[str, str], named: str) -> None:
    reader = Reader(env(tmp_path, **more))
    read_tipline(reader)
    with pytest.raises(ConfigError, match=named) as caught:
        reader.finish()
    assert "canary" not in str(caught.value)

"""A stack for one command touches nothing that lasts."""

import pytest

from sluice.local.temporary import without_lasting


@pytest.mark.parametrize(
    "name",
    [
        "KAFKA_BOOTSTRAP_SERVERS",
        "SLUICE_OBJECT_STORE",
        "SLUICE_REPORTER_DB",
        "SLUICE_TIPLINE_URL",
        "SLUICE_VAULT",
        "SLUICE_VAULT_ANCHOR",
        "SLUICE_VAULT_KEY",
        "SLUICE_VAULT_PEOPLE",
    ],
)
def test_what_is_the_callers_own_is_left_out(name: str) -> None:
    assert without_lasting({name: "theirs", "SLUICE_LOG_LEVEL": "debug"}) == {"SLUICE_LOG_LEVEL": "debug"}

"""Who reports, from the environment."""

import pytest

from reporter.tipline.identity import read_reporter
from sluice.errors import ConfigError
from sluice.settings import Reader

_ENV = {
    "SLUICE_REPORTER_FIRST_NAME": "Made",
    "SLUICE_REPORTER_LAST_NAME": "Up",
    "SLUICE_REPORTER_EMAIL": "trust@service.invalid",
    "SLUICE_REPORTER_SERVICE": "Picture maker",
}


def test_what_must_be_known_is_enough() -> None:
    reader = Reader(_ENV)
    found = read_reporter(reader)
    reader.finish()
    assert (found.person.first_name, found.person.last_name, found.service) == ("Made", "Up", "Picture maker")
    assert found.contact is None


def test_somebody_else_may_be_asked() -> None:
    found = read_reporter(Reader({**_ENV, "SLUICE_REPORTER_CONTACT_EMAIL": "legal@service.invalid"}))
    assert found.contact is not None
    assert found.contact.email == "legal@service.invalid"
    assert "invalid" not in repr(found)


def test_every_gap_is_named() -> None:
    reader = Reader({})
    read_reporter(reader)
    with pytest.raises(ConfigError) as caught:
        reader.finish()
    assert sorted(line.split()[0] for line in caught.value.problems) == sorted(_ENV)

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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIRST_NAME", "canary" * 17),
        ("LAST_NAME", "   "),
        ("EMAIL", "canary" * 50),
        ("SERVICE", "canary" * 17),
        ("PHONE", "canary\x07"),
        ("CONTACT_EMAIL", "canary" * 50),
        ("TERMS", "canary\ufffe"),
        ("LEGAL_URL", "https://canary.invalid/" + "x" * 2083),
    ],
)
def test_what_no_report_could_hold_is_named_at_the_start(name: str, value: str) -> None:
    reader = Reader({**_ENV, f"SLUICE_REPORTER_{name}": value})
    read_reporter(reader)
    with pytest.raises(ConfigError, match=f"^SLUICE_REPORTER_{name} could stand in no report") as caught:
        reader.finish()
    assert "canary" not in str(caught.value)


def test_all_that_may_be_said_is_taken() -> None:
    more = {
        "PHONE": "+1 555 0100",
        "CONTACT_EMAIL": "legal@service.invalid",
        "COMPANY_TEMPLATE": "one\nand another line",
        "TERMS": "t" * 5000,
        "LEGAL_URL": "https://service.invalid/legal",
    }
    reader = Reader({**_ENV, **{f"SLUICE_REPORTER_{name}": value for name, value in more.items()}})
    assert read_reporter(reader).legal_url == more["LEGAL_URL"]
    reader.finish()

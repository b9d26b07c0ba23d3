"""Facts show nothing of themselves: they hold personal data."""

from reporter.tipline.multipart import upload_form
from tests.unit.tipline_samples import full_file, full_report


def test_no_fact_has_a_repr() -> None:
    facts = full_report()
    assert facts.account is not None
    shown = repr(
        [facts, facts.account, *facts.account.captures, *facts.account.emails, *facts.happenings, full_file()]
    )
    for word in ("account-1", "192.0.2.7", "mail.invalid", "prompt", "picture", "Made"):
        assert word not in shown


def test_no_form_shows_its_bytes() -> None:
    assert "canary" not in repr(upload_form("1", "canary.png", b"canary"))

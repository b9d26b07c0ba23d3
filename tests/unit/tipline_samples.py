"""Made-up facts and documents for tests of the tip line. Nobody in them exists."""

from datetime import UTC, datetime

from reporter.tipline.facts import (
    Account,
    Classification,
    Disabled,
    Email,
    EventName,
    FileFacts,
    Happening,
    IpCapture,
    Match,
    Person,
    Prompt,
    Reporter,
    ReportFacts,
)
from reporter.tipline.write_details import details_document
from reporter.tipline.write_report import report_document

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 21, 8, 30, 15, tzinfo=UTC)
REPORTER = Reporter(Person("Made", "Up", "trust@service.invalid"), service="Picture maker")
CAPTURE = IpCapture("192.0.2.7", EventName.UPLOAD, AT, possible_proxy=False, port=443)


def happening(at: datetime = AT, id_: str = "incident-1") -> Happening:
    """One, of a prompt that is preserved."""
    return Happening(id_, "request-1", at, "prompt", "known-csam", prompts=[Prompt("evidence-9", "ab" * 32)])


def least_report() -> ReportFacts:
    """Nothing but what must be known."""
    return ReportFacts(REPORTER, None, [happening()])


def full_report() -> ReportFacts:
    """Everything that can be told."""
    account = Account(
        "account-1",
        "a screen name",
        ["one name", "another"],
        ["https://service.invalid/u/1"],
        [Email("somebody@mail.invalid", verified=True), Email("else@mail.invalid")],
        [CAPTURE, IpCapture("2001:db8::1", EventName.LOGIN)],
        ["4000001", "4000002"],
        Disabled(AT, permanent=True, user_notified=False),
        "an account of a test",
    )
    reporter = Reporter(
        Person("Made", "Up", "trust@service.invalid", "+1 555 0100"),
        Person("Some", "Body", "legal@service.invalid"),
        "a template",
        "terms",
        "https://service.invalid/legal",
        "Picture maker",
    )
    prompt = Prompt("evidence-9", "ab" * 32, text='a prompt with <b>&"quotes"</b>\x00')
    told = Happening("incident-2", "request-2", AT.replace(hour=9), "prompt", "known-csam", "generation-7", [prompt])
    return ReportFacts(reporter, account, [told, happening()], ["https://service.invalid/make"], "urgent", "a note")


def full_file() -> FileFacts:
    """A file of which everything is known."""
    return FileFacts(
        generated=True,
        name="picture <1>.png",
        viewed=True,
        metadata_viewed=True,
        uploaded_at=AT,
        public=False,
        classification=Classification.B2,
        md5="0" * 32,
        sha1="1" * 40,
        sha256="2" * 64,
        matches=[Match("a-list", "entry-1", "pdq", 12), Match("a-list", "entry-1", "md5")],
        capture=CAPTURE,
        info=["made from a prompt"],
    )


def report_bytes() -> bytes:
    """A valid report."""
    return report_document(full_report(), NOW)


def details_bytes(report_id: str, file_id: str) -> bytes:
    """Valid details."""
    return details_document(report_id, file_id, full_file())

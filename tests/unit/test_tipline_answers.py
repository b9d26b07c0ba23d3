"""Answers: a failure inside a success, hostile bodies, and that nothing of the server's words is kept."""

import pytest

from reporter.ports import Refusal, TiplineError
from reporter.tipline.answers import is_report_id, of_report, read_answer

_NAMES = frozenset({"incidentDateTime", "eventName", "value"})


def response(code: object, rest: str = "") -> bytes:
    """A response of this code."""
    return f"<reportResponse><responseCode>{code}</responseCode>{rest}</reportResponse>".encode()


def test_a_success_is_read() -> None:
    rest = (
        "<responseDescription>Success</responseDescription><reportId>7</reportId><fileId>f-1</fileId><hash>ab</hash>"
    )
    found = read_answer(200, response(0, rest), _NAMES)
    assert (found.report_id, found.file_id, found.hash, found.files) == ("7", "f-1", "ab", ())
    done = b"<reportDoneResponse><responseCode>0</responseCode><reportId>7</reportId><files><fileId>a</fileId><fileId>b</fileId></files></reportDoneResponse>"  # fmt: skip # noqa: E501 - one document
    assert read_answer(200, done, _NAMES).files == ("a", "b")


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, response(1000), Refusal.RETRY, 1000),
        (200, response(4100), Refusal.TERMINAL, 4100),
        (200, response(5001), Refusal.GONE, 5001),
        (200, response(5102), Refusal.ALREADY, 5102),
        (500, response(5102), Refusal.ALREADY, 5102),
        (500, response(0), Refusal.RETRY, 0),
        (401, b"", Refusal.TERMINAL, 2000),
        (503, b"<html>", Refusal.RETRY, 0),
        (200, b"", Refusal.RETRY, 0),
        (200, b"<html/>", Refusal.RETRY, 0),
        (200, response("zero"), Refusal.RETRY, 0),
        (200, response("-1"), Refusal.RETRY, 0),
        (200, response("9" * 30), Refusal.RETRY, 0),
        (200, b"<!DOCTYPE a>" + response(0), Refusal.RETRY, 0),
        (200, b"<other><responseCode>0</responseCode></other>", Refusal.RETRY, 0),
        (200, response(0, "<reportId>../7</reportId>"), Refusal.RETRY, 0),
        (200, response(0, "<fileId>a b</fileId>"), Refusal.RETRY, 0),
    ],
)
def test_everything_else_is_an_error(status: int, body: bytes, kind: Refusal, code: int) -> None:
    with pytest.raises(TiplineError) as caught:
        read_answer(status, body, _NAMES)
    assert (caught.value.kind, caught.value.code) == (kind, code)


def test_of_a_description_only_names_of_elements_are_told() -> None:
    words = "cvc: the value 'canary@mail.invalid' of element 'incidentDateTime' is bad; eventName too, a canary"
    with pytest.raises(TiplineError) as caught:
        read_answer(200, response(4100, f"<responseDescription>{words}</responseDescription>"), _NAMES)
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.words}"
    assert caught.value.words.endswith("it names incidentDateTime, eventName")


def test_an_answer_about_another_report_is_none() -> None:
    found = read_answer(200, response(0, "<reportId>7</reportId>"), _NAMES)
    of_report(found, "7")
    with pytest.raises(TiplineError) as caught:
        of_report(found, "8")
    assert caught.value.kind is Refusal.TERMINAL


def test_what_an_id_is() -> None:
    assert [text for text in ("1", "9" * 19, "", "9" * 20, "1a", "-1", "٣", "1\n") if is_report_id(text)] == [
        "1",
        "9" * 19,
    ]

"""Codes and statuses: which are tried again, which are final, which tell how a report stands."""

import pytest

from reporter.ports import Refusal
from reporter.tipline.codes import MEANINGS, of_code, of_status


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1000, Refusal.RETRY),
        (1110, Refusal.RETRY),
        (1999, Refusal.RETRY),
        (2000, Refusal.TERMINAL),
        (3000, Refusal.TERMINAL),
        (3100, Refusal.TERMINAL),
        (4100, Refusal.TERMINAL),
        (4999, Refusal.TERMINAL),
        (5001, Refusal.GONE),
        (5002, Refusal.TERMINAL),
        (5101, Refusal.GONE),
        (5102, Refusal.ALREADY),
        (1, Refusal.TERMINAL),
        (9999, Refusal.TERMINAL),
    ],
)
def test_every_code_has_a_kind(code: int, kind: Refusal) -> None:
    error = of_code(code)
    assert (error.kind, error.code) == (kind, code)
    assert error.words


def test_only_a_finished_report_is_already_there() -> None:
    assert [code for code, (kind, _) in MEANINGS.items() if kind is Refusal.ALREADY] == [5102]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, Refusal.RETRY),
        (503, Refusal.RETRY),
        (429, Refusal.RETRY),
        (408, Refusal.RETRY),
        (302, Refusal.TERMINAL),
        (401, Refusal.TERMINAL),
        (403, Refusal.TERMINAL),
        (404, Refusal.TERMINAL),
        (413, Refusal.TERMINAL),
    ],
)
def test_every_status_has_a_kind(status: int, kind: Refusal) -> None:
    assert of_status(status).kind is kind


def test_a_refused_login_is_the_code_for_it() -> None:
    assert of_status(401).code == 2000
    assert of_status(403).code == 3000

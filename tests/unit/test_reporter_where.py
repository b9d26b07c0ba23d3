"""Test matches go to nobody real, and real ones to nobody else."""

import pytest

from reporter.tipline.endpoint import PRODUCTION, TEST, read_endpoint
from reporter.tipline.settings import TiplineSettings
from reporter.where import tiplines


@pytest.mark.parametrize(
    ("url", "takes_tests"),
    [(PRODUCTION, False), ("https://tipline.example/ispws", False), (TEST, True), ("http://127.0.0.1:1/ispws", True)],
)
def test_an_address_takes_one_of_the_two_kinds(url: str, takes_tests: bool) -> None:
    assert list(tiplines(TiplineSettings(read_endpoint(url), "user", "password"))) == [takes_tests]


def test_without_an_address_nothing_is_sent() -> None:
    assert tiplines(None) == {}

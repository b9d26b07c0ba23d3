"""Short names of enum values, there and back."""

from typing import cast

import pytest

from sluice.contract.names import number_of, short_name, short_names
from sluice.v1.decision_pb2 import Action
from sluice.v1.request_pb2 import AgeBand, Stage


@pytest.mark.parametrize("word", ["under_13", "UNDER_13", " Under_13 "])
def test_words_are_read_in_any_case(word: str) -> None:
    assert number_of(AgeBand, word) == AgeBand.AGE_BAND_UNDER_13


@pytest.mark.parametrize("word", ["", "unspecified", "AGE_BAND_TEEN", "old"])
def test_other_words_are_nothing(word: str) -> None:
    assert number_of(AgeBand, word) is None


def test_names_lose_their_prefix() -> None:
    assert short_name(Action, Action.ACTION_BLOCK) == "BLOCK"
    assert short_name(Stage, Stage.STAGE_UNSPECIFIED) is None
    assert short_names(AgeBand) == ["unknown", "under_13", "teen", "adult"]


def test_a_value_of_a_newer_contract_is_shown_as_its_number() -> None:
    assert short_name(Action, cast("Action.ValueType", 99)) == "99"

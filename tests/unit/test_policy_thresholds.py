"""Which value holds, of all that a file and a tenant say."""

import dataclasses
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.policy.thresholds import BANDS, KEYS, MINORS, STAGES, by_place, order
from tests.unit.test_policy_load import DEFAULT

ORDER = [
    (True, "OUTPUT/TEEN"),
    (True, "TEEN"),
    (False, "OUTPUT/TEEN"),
    (False, "TEEN"),
    (True, "OUTPUT"),
    (True, "default"),
    (False, "OUTPUT"),
    (False, "default"),
]
"""The tenant's own is True. Said here once more, so that the code cannot change it unseen."""


def tables(places: list[tuple[bool, str]]) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """The file's and the tenant's, with a value for each place that says where it comes from."""
    file: dict[str, dict[str, float]] = {}
    tenant: dict[str, dict[str, float]] = {}
    for own, key in places:
        (tenant if own else file)[key] = {"sexual": ORDER.index((own, key)) / 10}
    return file, tenant


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_first_hit_wins(first: int) -> None:
    file, tenant = tables(ORDER[first:])
    assert by_place(file, tenant)["TEEN", "OUTPUT"] == {"sexual": first / 10}


def test_another_band_and_another_stage_see_nothing_of_it() -> None:
    file, tenant = tables(ORDER)
    places = by_place(file, tenant)
    assert places["UNKNOWN", "OUTPUT"]["sexual"] == ORDER.index((True, "OUTPUT")) / 10
    assert places["ADULT", "PROMPT"]["sexual"] == ORDER.index((True, "default")) / 10
    assert places["TEEN", "PROMPT"]["sexual"] == ORDER.index((True, "TEEN")) / 10
    assert places["TEEN", ""]["sexual"] == ORDER.index((True, "TEEN")) / 10
    assert places["UNKNOWN", ""]["sexual"] == ORDER.index((True, "default")) / 10


values = st.dictionaries(st.sampled_from(["sexual", "hate", "own/name"]), st.floats(0.0, 1.0))
any_table = st.dictionaries(st.sampled_from(sorted(KEYS)), values)


@given(any_table, any_table)
def test_every_place_is_what_looking_it_up_gives(
    file: Mapping[str, Mapping[str, float]], tenant: Mapping[str, Mapping[str, float]]
) -> None:
    for (band, stage), held in by_place(file, tenant).items():
        for name in ("sexual", "hate", "own/name"):
            said = [(tenant if own else file).get(key, {}).get(name) for own, key in order(band, stage)]
            assert held.get(name) == next((value for value in said if value is not None), None)


@pytest.fixture
def policy() -> Policy:
    return dataclasses.replace(
        load(DEFAULT),
        thresholds={"default": {"hate": 0.5}, "TEEN": {"hate": 0.4}, "OUTPUT": {"hate": 0.45}},
        tenants={"acme": {"default": {"hate": 0.3}, "TEEN": {"hate": 0.2}}},
    )


@pytest.mark.parametrize(
    ("band", "stage", "tenant", "value"),
    [
        ("UNKNOWN", "PROMPT", "", 0.5),
        ("ADULT", "OUTPUT", "other", 0.45),
        ("TEEN", "OUTPUT", "other", 0.4),
        ("TEEN", "OUTPUT", "acme", 0.2),
        ("UNDER_13", "OUTPUT", "acme", 0.3),
        ("A_NEW_ONE", "OUTPUT", "", 0.45),
        ("A_NEW_ONE", "A_NEW_ONE", "acme", 0.3),
    ],
)
def test_a_policy_knows_them(policy: Policy, band: str, stage: str, tenant: str, value: float) -> None:
    assert policy.thresholds_of(band, stage, tenant) == {"hate": value}
    assert policy.threshold("hate", band, stage, tenant) == value


def test_a_request_finds_them_made() -> None:
    policy = load(DEFAULT)
    assert policy.thresholds_of("TEEN", "PROMPT") is policy.thresholds_of("TEEN", "PROMPT", "some tenant")
    with pytest.raises(KeyError):
        policy.threshold("own/name", "TEEN")


def test_keys_are_the_product_of_stages_and_bands() -> None:
    assert len(KEYS) == 1 + len(BANDS) + len(STAGES) + len(BANDS) * len(STAGES)
    assert set(MINORS) < set(BANDS)

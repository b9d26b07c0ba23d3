"""Cells, partitions, replicas: by hand, and what must always be so."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.capacity.costs import KAFKA, Costs
from sluice.capacity.demand import Demand
from sluice.capacity.layout import Layout, lay_out, partitions_each, spare
from sluice.capacity.work import work_of
from sluice.errors import ConfigError
from tests.unit.capacity_costs import PROMPTS, costs, figure, service

DEMAND = Demand(100, PROMPTS, peak=2.0, busy=0.5, zones=3, zones_lost=1, replication=3)
PATIENT = 1000.0
"""Seconds of waiting that bind nothing."""


def laid(demand: Demand, made: Costs | None = None, wait: float = PATIENT) -> Layout:
    """A layout of what reads topics."""
    made = made or costs()
    works = {name: work_of(one, demand) for name, one in made.services.items() if name != KAFKA}
    return lay_out(made, works, demand, wait)


def test_by_hand() -> None:
    # 200/s of 10 ms at half of a core: 50/s each, 4 needed. Two partitions for each: 8, up to a multiple of 12. One
    # has 16.7/s, so a replica holds 3, 4 hold all; 6, so that 4 are left when one zone of three fails.
    found = laid(DEMAND)
    text = next(group for group in found.groups if group.name == "text")
    assert (found.cells, found.partitions, found.bound_by) == (1, 12, "text")
    assert (text.each, text.needed, text.replicas) == (3, 4, 6)
    assert text.busy == pytest.approx(3 / 12 * 200 * 0.01)
    # Ingest could hold them all: one in each zone.
    ingest = found.groups[0]
    assert (ingest.name, ingest.each, ingest.needed, ingest.replicas) == ("ingest", 12, 1, 3)
    assert [group.name for group in found.groups] == ["ingest", "text", "orchestrator"]


def test_a_zone_may_fail() -> None:
    assert spare(4, DEMAND) == 6
    assert spare(5, DEMAND) == 9
    assert spare(5, replace(DEMAND, zones=1, zones_lost=0)) == 5
    assert partitions_each(DEMAND) == 2
    assert partitions_each(replace(DEMAND, zones_lost=2)) == 3


def test_a_tight_deadline_takes_more_replicas() -> None:
    assert laid(DEMAND, wait=0.005).groups[1].needed > laid(DEMAND).groups[1].needed


def test_more_than_a_cluster_holds_is_split() -> None:
    found = laid(replace(DEMAND, rps=100_000))
    # 200,000/s at 50/s each are 4,000 replicas, so 8,000 partitions: 8 cells of 1,000, or 1,008 to divide well.
    assert (found.cells, found.partitions) == (8, 1008)


def test_reading_every_decision_bounds_a_cell() -> None:
    made = costs()
    tailed = replace(made.services["ingest"], tail=figure("tail", 1e-4))
    found = laid(replace(DEMAND, rps=10_000), replace(made, services={**made.services, "ingest": tailed}))
    # Half of a core is 5,000 decisions a second of 0.1 ms, and nothing would be left: 20,000 take more than four.
    assert found.cells > 4
    assert laid(replace(DEMAND, rps=10_000)).cells == 1


def test_given_partitions_are_kept() -> None:
    found = laid(replace(DEMAND, partitions=4))
    assert found.partitions == 4
    assert found.cells > 1


def test_what_cannot_be_is_said() -> None:
    made = costs(service("idler", dict.fromkeys(PROMPTS.shares, 0.001), idle=0.7))
    with pytest.raises(ConfigError, match=r"--busy 0\.5 leaves idler nothing"):
        laid(DEMAND, made)


@settings(max_examples=60, deadline=None)
@given(
    rps=st.floats(0.1, 200_000),
    more=st.floats(1, 10),
    busy=st.floats(0.2, 0.9),
    zones=st.integers(1, 5),
    wait=st.floats(0.02, 5),
)
def test_what_always_holds(rps: float, more: float, busy: float, zones: int, wait: float) -> None:
    demand = replace(DEMAND, rps=rps, busy=busy, zones=zones, zones_lost=min(1, zones - 1))
    found = laid(demand, wait=wait)
    kept = demand.zones - demand.zones_lost
    for group in found.groups:
        # No more consumers than partitions; what is left after a failure holds all of them; within both bounds.
        assert group.needed <= group.replicas <= found.partitions
        assert group.replicas * kept // zones >= group.needed
        assert group.each * group.needed >= found.partitions
        assert group.busy <= busy * (1 + 1e-5)
        assert group.wait <= wait * (1 + 1e-3)
        assert math.isfinite(group.rate)
    larger = laid(replace(demand, rps=rps * more), wait=wait)
    assert larger.cells >= found.cells

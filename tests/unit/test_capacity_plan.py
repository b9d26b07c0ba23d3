"""Whole plans: bytes, calls, prices by hand; one that is kept; and what must grow with what."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.capacity.costs import Grows
from sluice.capacity.costs_file import packaged
from sluice.capacity.demand import Demand
from sluice.capacity.figure import Basis, bases
from sluice.capacity.form import plan_form
from sluice.capacity.plan import Plan, make_plan
from sluice.errors import ConfigError
from sluice.load.mix import Kind, Mix
from tests.unit.capacity_costs import MIXED, PROMPTS, costs, figure, service

ONE_ZONE = Demand(
    100, MIXED, megapixels=2.0, bytes_per_pixel=0.5, peak=2.0, busy=0.5, zones=1, zones_lost=0, replication=2
)


def test_the_broker_by_hand() -> None:
    found = make_plan(costs(), ONE_ZONE).bus
    requests, contents, decisions = found.topics
    # 200/s at the peak, 900 bytes and 100 for the record.
    assert requests.bytes_in == pytest.approx(200_000)
    assert (requests.bytes_out, contents.bytes_out) == pytest.approx((200_000, 400_000))
    # No group; every replica of ingest reads all decisions, and one is enough.
    assert decisions.bytes_out == pytest.approx(200_000)
    # 100/s on average for 28 days and a quarter, twice.
    assert decisions.disk == pytest.approx(100 * 1000 * 28 * 86_400 * 1.25 * 2)
    assert found.copied == pytest.approx(600_000)
    assert (found.brokers, found.bound_by) == (2, "replication and zones")


def test_turns_of_the_broker_are_shared_where_consumers_are_busy() -> None:
    made = costs(other={"kafka.turn": 0.01, "kafka.gather": 0.1, "kafka.broker_cores": 1})
    demand = replace(ONE_ZONE, rps=1000, replication=1)
    found = make_plan(made, demand)
    # 2,000/s at 2 ms for itself; what comes on top is less than the 10 ms of a turn that nobody shares.
    least, most = 2000 * 0.002 / 0.5, 2000 * 0.012 / 0.5
    assert least < found.bus.cores < most
    assert found.bus.bound_by == "CPU"


def test_the_store_by_hand() -> None:
    found = make_plan(costs(), ONE_ZONE).store
    # Half of 200/s. Renditions: 2 of 1,000 bytes, and as many more as a version of 1600 pixels has pixels. Originals
    # and signed copies: 2, of 2 megapixels at half a byte.
    assert found.puts == pytest.approx(100 * (2 * 1.92 / 1.048576 + 2))
    assert found.bytes_in == pytest.approx(100 * (1000 * 1.92 / 1.048576 + 2 * 1e6))
    assert found.gets == pytest.approx(100 * (4 * 1.92 / 1.048576 + 2))
    assert found.kept == pytest.approx(found.bytes_in / 2 * 36_000)


def test_the_price_by_hand() -> None:
    found = make_plan(costs(), ONE_ZONE)
    parts = found.price.parts
    # Ingest and the orchestrator hold all partitions alone; text needs 200 * 0.01 / 0.5 = 4. Two brokers of 8 cores.
    assert found.cores == 6
    assert parts["cores"] == pytest.approx((6 + 16) * 0.04)
    assert parts["memory"] == pytest.approx(6 * 0.005)
    assert parts["store, calls"] == pytest.approx(
        3600 * 50 / 1000 * (0.005 * (2 * 1.92 / 1.048576 + 2) + 0.0004 * (4 * 1.92 / 1.048576 + 2))
    )
    assert found.price.per_1000 == pytest.approx(sum(parts.values()) / 360)


def test_gpus_by_hand() -> None:
    made = costs(service("image", {Kind.OUTPUT: 0.1}, gpu=0.01, max_batch=4))
    without, found = make_plan(made, ONE_ZONE), make_plan(made, replace(ONE_ZONE, gpu=True))
    # 100 pictures a second of 10 ms at half busy: two; a tenth of the CPU is left; a batch of four takes 40 ms.
    assert (without.gpus, found.gpus) == (0, 2)
    assert found.works["image"].cpu == pytest.approx(0.01)
    assert found.works["image"].alone == pytest.approx(0.01 + 0.04)
    assert bases(found.works["image"].figures) == "measured, assumed"


def test_the_mean_and_spread_of_kinds() -> None:
    made = costs(service("both", {Kind.PROMPT: 0.01, Kind.OUTPUT: 0.03}, variation=0.0))
    work = make_plan(made, ONE_ZONE).works["both"]
    # Half each: mean 0.02, standard deviation 0.01.
    assert (work.cpu, work.variation, work.longest) == pytest.approx((0.02, 0.5, 0.03))


def test_records_that_are_read_and_left() -> None:
    image = service("image", {Kind.PROMPT: 0.002, Kind.OUTPUT: 0.1}, variation=0.0)
    made = costs(replace(image, answers=frozenset({Kind.OUTPUT})))
    found = make_plan(made, replace(ONE_ZONE, mix=Mix({Kind.PROMPT: 0.8, Kind.OUTPUT: 0.2})))
    work = found.works["image"]
    # One in five is answered, and with each come four that are not. Those vary nothing: they wait for no picture.
    assert (work.share, work.cpu, work.extra, work.variation) == pytest.approx((0.2, 0.1, 0.008, 0.0))
    group = next(group for group in found.layout.groups if group.name == "image")
    assert group.busy == pytest.approx(group.rate * 0.108)


def test_a_deadline_that_nothing_keeps_says_what_takes_how_long() -> None:
    made = costs(service("slow", {Kind.OUTPUT: 1.2}))
    with pytest.raises(ConfigError) as caught:
        make_plan(made, replace(ONE_ZONE, deadline=1.0))
    assert caught.value.problems == (
        "--deadline 1 is shorter than one request takes with nothing else to do, 1.242 s (Kafka 0.040, ingest 0.001, "
        "slow 1.200, orchestrator 0.001): no number of replicas keeps it",
    )
    assert make_plan(made, replace(ONE_ZONE, deadline=1.0, mix=PROMPTS)).p95 < 1.0


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"rps": 0.0}, "--rps"),
        ({"rps": float("nan")}, "--rps"),
        ({"megapixels": 65.0}, "--megapixels"),
        ({"peak": 0.5}, "--peak-factor"),
        ({"busy": 1.0}, "--busy"),
        ({"deadline": 0.0}, "--deadline"),
        ({"zones_lost": 1}, "--zones-lost"),
        ({"partitions": 2000}, "--partitions"),
        ({"headroom": 0}, "--headroom"),
        ({"replication": 0}, "--replication"),
    ],
)
def test_demands_that_make_no_sense(wrong: dict[str, float], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make_plan(costs(), replace(ONE_ZONE, **wrong))  # type: ignore[arg-type] # each is of its field's type


def test_a_plan_that_is_kept() -> None:
    """Round figures in, so that a change of the arithmetic shows, and none of a measurement does."""
    form = plan_form(make_plan(costs(service("image", {Kind.OUTPUT: 0.2}, at_once=2)), GOLDEN_DEMAND))
    assert {name: form[name] for name in GOLDEN} == GOLDEN
    services = form["services"]
    assert isinstance(services, dict)
    assert {name: (row["replicas"], row["needed"], row["partitions_each"]) for name, row in services.items()} == {
        "ingest": (3, 2, 54), "text": (21, 14, 8), "orchestrator": (3, 2, 54), "image": (81, 54, 2),
    }  # fmt: skip


GOLDEN_DEMAND = Demand(400, Mix({Kind.PROMPT: 0.6, Kind.OUTPUT: 0.4}), busy=0.6)
GOLDEN: dict[str, object] = {
    "cells": 1,
    "partitions": 108,
    "partitions_bound_by": "image",
    "cores": 189,
    "memory_gib": 108.0,
    "gpus": 0,
    "decision_p95_ms": 783.3,
    "decision_alone_ms": 242.0,
    "bottlenecks": [
        "image takes 76% of the cores",
        "image needs the most partitions: in a cell 108 a topic carry 800 requests/s, and 1,024 are allowed",
        "brokers are bound by replication and zones",
    ],
}


@settings(max_examples=25, deadline=None)
@given(
    rps=st.floats(1, 50_000),
    share=st.floats(0.05, 0.95),
    more=st.floats(1.0, 5.0),
    what=st.sampled_from(["rps", "peak", "megapixels"]),
)
def test_more_costs_more(rps: float, share: float, more: float, what: str) -> None:
    demand = Demand(rps, Mix({Kind.PROMPT: 1 - share, Kind.OUTPUT: share}), peak=1.5, deadline=60.0)
    less = make_plan(packaged(), demand)
    changed = {what: getattr(demand, what) * more}
    greater = make_plan(packaged(), replace(demand, **changed))
    # Whole partitions and zones: what is needed can be dealt a little worse or better.
    assert _needed(greater) >= _needed(less) * 0.85
    assert greater.layout.cells >= less.layout.cells
    assert greater.store.bytes_in >= less.store.bytes_in
    assert greater.bus.bytes_in >= less.bus.bytes_in * (1 - 1e-9)
    assert greater.road.alone >= less.road.alone


@settings(max_examples=25, deadline=None)
@given(rps=st.floats(1, 50_000), thousandths=st.integers(0, 1000))
def test_what_is_planned_is_enough(rps: float, thousandths: int) -> None:
    share = thousandths / 1000
    shares = {Kind.PROMPT: 1 - share, Kind.OUTPUT: share}
    demand = Demand(rps, Mix({kind: part for kind, part in shares.items() if part > 0}))
    found = make_plan(packaged(), demand)
    work = demand.peak_rps * sum(work.share * work.cpu for name, work in found.works.items() if name != "kafka")
    assert found.cores * demand.busy >= work
    assert found.p95 <= demand.deadline * (1 + 1e-6)
    assert all(group.busy <= demand.busy * (1 + 1e-5) for group in found.layout.groups)


def test_every_figure_of_a_plan_says_where_it_is_from() -> None:
    found = make_plan(packaged(), Demand(5000, Mix.parse("prompt=0.6,output=0.3,edit=0.1")))
    form = plan_form(found)
    figures = form["figures"]
    assert isinstance(figures, dict)
    assert all(row["how"] and row["basis"] in list(Basis) for row in figures.values())
    for part in ("kafka", "object_store", "price"):
        row = form[part]
        assert isinstance(row, dict)
        assert row["rests_on"]
        assert set(row["rests_on"]) <= figures.keys()


def _needed(plan: Plan) -> int:
    return plan.layout.cells * sum(group.needed * group.replica.cores for group in plan.layout.groups)


def test_prices_are_of_the_average_and_replicas_of_the_peak() -> None:
    calm, wild = (make_plan(costs(), replace(ONE_ZONE, peak=peak)) for peak in (1.0, 4.0))
    assert wild.cores > calm.cores
    assert wild.bus.disk == calm.bus.disk
    assert wild.price.parts["store, calls"] == pytest.approx(calm.price.parts["store, calls"])


def test_a_share_that_does_not_grow_stays() -> None:
    one = replace(service("a", {Kind.OUTPUT: 1.0}), share=figure("share", 0.25))
    grown = replace(one, grows=Grows.PIXELS)
    assert grown.seconds(Kind.OUTPUT, 2 * 1.048576) == pytest.approx(1.25)
    assert one.seconds(Kind.OUTPUT, 2 * 1.048576) == 1.0

"""The whole road, simulated: what must come out where it can be worked out."""

import math
from dataclasses import replace

import pytest

from sluice.capacity.costs import KAFKA, Costs
from sluice.capacity.costs_file import packaged
from sluice.capacity.demand import Demand
from sluice.capacity.plan import make_plan
from sluice.capacity.queueing import mean_wait
from sluice.capacity.simulate.result import simulate
from sluice.capacity.simulate.scale import slice_of
from sluice.capacity.simulate.shape import Shape, Span
from sluice.load.mix import Kind, Mix
from tests.unit.capacity_costs import MIXED, PROMPTS, costs, service


def shape(made: Costs, rate: float, mix: Mix = PROMPTS, **more: float | None) -> Shape:
    """Four partitions, one replica of everything."""
    each = dict.fromkeys(made.services.keys() - {KAFKA}, 4)
    return replace(Shape(made, mix, rate, 4, each, 1.0, 60.0), **more)  # type: ignore[arg-type] # each of its type


def even(*more: str) -> Costs:
    """Work that does not vary; `more`: services beside."""
    made = costs(*(service(name, {Kind.OUTPUT: 0.3}) for name in more))
    return replace(
        made,
        services={
            name: replace(one, variation=replace(one.variation, value=0.0)) for name, one in made.services.items()
        },
    )


def test_with_nothing_to_wait_for_it_takes_what_the_road_takes() -> None:
    found = simulate(shape(even(), 0.01), Span(100_000, 0, 1))
    # Four hops of 10 ms; 1, 10 and 1 ms of work.
    assert found.latency.p50 == pytest.approx(0.052)
    assert found.late == 0


def test_the_decision_waits_for_the_slowest_check() -> None:
    found = simulate(shape(even("slow"), 0.01, MIXED), Span(100_000, 0, 1))
    assert found.kinds[Kind.PROMPT].p50 == pytest.approx(0.052)
    assert found.kinds[Kind.OUTPUT].p50 == pytest.approx(0.342)
    assert found.replicas == {"ingest": 1, "text": 1, "orchestrator": 1, "slow": 1}


def test_utilisation_is_rate_times_work() -> None:
    found = simulate(shape(costs(), 60), Span(200, 0, 2))
    assert found.busy["text"][0] == pytest.approx(0.6, rel=0.05)
    assert found.busy["ingest"][0] == pytest.approx(0.06, rel=0.05)
    assert found.batch["text"] == 1.0


def test_half_as_many_partitions_each_are_twice_the_replicas() -> None:
    made = costs()
    one = shape(made, 60)
    two = replace(one, each={**one.each, "text": 2})
    first, second = (simulate(each, Span(200, 0, 3)) for each in (one, two))
    assert (first.replicas["text"], second.replicas["text"]) == (1, 2)
    assert second.latency.p95 < first.latency.p95
    # Two queues of half the rate, not one with two servers.
    waits = mean_wait(1, 30, 0.01, 1.0)
    assert second.latency.p50 - 0.042 < waits + 0.02


def test_records_that_are_left_cost_and_keep_nobody_waiting() -> None:
    image = replace(service("image", {Kind.PROMPT: 0.005, Kind.OUTPUT: 0.05}), answers=frozenset({Kind.OUTPUT}))
    found = simulate(shape(costs(image), 4, MIXED), Span(2000, 0, 3))
    assert found.busy["image"][0] == pytest.approx(2 * 0.055, rel=0.05)
    assert found.kinds[Kind.PROMPT].p50 < 0.06 < found.kinds[Kind.OUTPUT].p50


def test_on_a_shared_machine_everything_is_slower() -> None:
    own = simulate(shape(costs(), 60), Span(100, 0, 4))
    shared = simulate(shape(costs(), 60, shared_cores=1.0), Span(100, 0, 4))
    # 60/s of 1 + 10 + 1 + 2 ms: 84 % of the core.
    assert shared.latency.p50 > own.latency.p50
    assert shared.latency.p95 > own.latency.p95


def test_overload_ends_at_the_deadline() -> None:
    found = simulate(shape(costs(), 200, deadline=1.0), Span(60, 10, 5))
    assert found.late > 0.3 * found.latency.count
    assert 1.0 <= found.latency.p95 < 1.3


def test_the_same_seed_gives_the_same_answer() -> None:
    first, again, other = (simulate(shape(costs(), 50), Span(20, 5, seed)) for seed in (7, 7, 8))
    assert first == again
    assert first.latency != other.latency


def test_pictures_are_signed_after_their_decision() -> None:
    found = simulate(shape(even("c2pa-signer", "provenance"), 0.01, MIXED), Span(50_000, 0, 6))
    assert found.signed.count == found.kinds[Kind.OUTPUT].count
    # Decided after 52 ms less the last hop, read by the signer after one more, signed in 300 ms.
    assert found.signed.p50 == pytest.approx(0.352)


def test_a_gpu_answers_when_its_batch_is_full() -> None:
    made = costs(service("image", {Kind.OUTPUT: 0.2}, variation=0.0, gpu=0.01, max_batch=4))
    found = simulate(shape(made, 0.01, Mix({Kind.OUTPUT: 1.0}), gpu=True), Span(100_000, 0, 1))
    # A tenth of the work stays on a core; four times 10 ms on the GPU; other work varies around its 2 ms.
    assert found.latency.p50 == pytest.approx(0.04 + 0.02 + 0.04 + 0.0015, abs=0.003)


def test_a_slice_of_a_plan_is_as_busy_as_the_plan_says() -> None:
    made = packaged()
    plan = make_plan(made, Demand(50_000, Mix.parse("prompt=0.6,output=0.3,edit=0.1")))
    part = slice_of(made, plan, most_rate=300)
    assert part.rate <= 300
    assert part.rate / part.partitions == pytest.approx(
        plan.demand.peak_rps / plan.layout.cells / plan.layout.partitions
    )
    found = simulate(part, Span(20, 5, 1))
    assert found.replicas["image-text-classifier"] == math.ceil(part.partitions / part.each["image-text-classifier"])
    dearest = next(group for group in plan.layout.groups if group.name == "image-text-classifier")
    # Of the work of requests alone; what idles is not in it. The last replica may hold fewer partitions, and what
    # comes at the end is worked on when nothing arrives any more.
    wanted = dearest.busy - dearest.replica.background / dearest.replica.cores
    assert found.busy["image-text-classifier"][0] == pytest.approx(wanted, rel=0.2)
    # The plan adds 95th percentiles up, which is more than the 95th percentile of the sum.
    assert found.latency.p95 <= plan.p95


def test_a_small_plan_is_simulated_whole() -> None:
    made = costs()
    plan = make_plan(made, Demand(100, PROMPTS))
    part = slice_of(made, plan, most_rate=1e6)
    assert (part.partitions, part.rate) == (plan.layout.partitions, 200)
    assert simulate(part, Span(5, 1, 1)).replicas == {group.name: group.needed for group in plan.layout.groups}

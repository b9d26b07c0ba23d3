"""Costs from runs: what went in comes out; runs that say too little are refused."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sluice.bus.topics import Topic
from sluice.capacity.compare import compare, predict_cpu
from sluice.capacity.costs import turns
from sluice.capacity.figure import Basis
from sluice.capacity.fit import fit
from sluice.capacity.load_runs import LoadRun, read_load
from sluice.errors import ConfigError
from sluice.load.mix import Kind
from tests.unit.capacity_costs import costs, figure
from tests.unit.capacity_runs import CPU, IDLE, load_form


def run(mix: str, counts: dict[Kind, int], rate: float = 10.0) -> LoadRun:
    """One, read."""
    return read_load(load_form(mix, counts, rate), "load.json")[0]


PROMPTS = run("prompt", {Kind.PROMPT: 600})
OUTPUTS = run("output", {Kind.OUTPUT: 60}, rate=1.0)
MIXED = run("prompt=3,output=1", {Kind.PROMPT: 290, Kind.OUTPUT: 110}, rate=5.0)


@pytest.mark.parametrize("runs", [(PROMPTS, OUTPUTS), (PROMPTS, MIXED), (PROMPTS, OUTPUTS, MIXED)])
def test_what_went_in_comes_out(runs: tuple[LoadRun, ...]) -> None:
    found = fit(costs(), runs)
    for name, cpu in CPU.items():
        for kind, value in cpu.items():
            figure = found.services[name].cpu[kind]
            assert figure.value == pytest.approx(value, abs=1e-8)
            assert figure.basis is Basis.MEASURED
            assert "sluice load --mix prompt --rate 10 --seconds 60, 2 cores, a processor, 2026-11-22" in figure.how
        assert found.services[name].idle.value == pytest.approx(IDLE)
    decisions = found.topics[Topic.DECISIONS].bytes
    assert decisions[Kind.PROMPT].value == pytest.approx(600, abs=1)
    assert decisions[Kind.OUTPUT].value == pytest.approx(1600, abs=1)
    assert found.topics[Topic.REQUESTS].bytes[Kind.PROMPT].value == pytest.approx(300)
    # No run read this one back.
    assert found.topics[Topic.CONTENTS] == costs().topics[Topic.CONTENTS]


def test_a_stack_that_was_looked_at_while_it_started_does_not_hide_what_requests_cost() -> None:
    """The look before these outputs counted a hundredth of a core more as idling than the services take, so the run
    counts that much too little as work."""
    hidden = 0.01 * OUTPUTS.window
    looked_at_too_soon = replace(
        OUTPUTS,
        idle={name: idle + 0.01 for name, idle in OUTPUTS.idle.items()},
        cpu={name: cpu - hidden for name, cpu in OUTPUTS.cpu.items()},
    )
    found = fit(costs(), (PROMPTS, looked_at_too_soon))
    assert found.services["text"].idle.value == pytest.approx(IDLE)
    assert found.services["text"].cpu[Kind.OUTPUT].value == pytest.approx(CPU["text"][Kind.OUTPUT], abs=1e-8)


def test_hops_are_medians_of_prompts_alone_less_the_services_own_work() -> None:
    other = fit(costs(), (PROMPTS, OUTPUTS)).other
    assert other["kafka.hop_requests"].value == pytest.approx(0.005 + 0.009 - 0.001)
    assert other["kafka.hop_contents"].value == pytest.approx(0.007)
    assert other["kafka.hop_verdicts"].value == pytest.approx(0.006 - 0.001)
    assert other["kafka.hop_decisions"].value == pytest.approx(0.020)
    assert fit(costs(), (OUTPUTS,)).other == costs().other


def test_what_a_replica_reads_of_all_decisions_is_told_apart() -> None:
    made = costs()
    ingest = replace(made.services["ingest"], tail=figure("tail", 0.0002))
    found = fit(replace(made, services={**made.services, "ingest": ingest}), (PROMPTS, OUTPUTS))
    assert found.services["ingest"].cpu[Kind.PROMPT].value == pytest.approx(0.0008)
    assert predict_cpu(found, MIXED.counts, 5.0, 1.0)["ingest"] == pytest.approx(0.014475)


def test_runs_that_do_not_tell_kinds_apart_are_refused() -> None:
    with pytest.raises(ConfigError, match="do not tell prompt, output apart"):
        fit(costs(), (MIXED,))
    with pytest.raises(ConfigError, match="do not tell any kinds apart"):
        fit(costs(), ())


def test_noise_costs_nothing_less_than_nothing() -> None:
    cheaper = replace(PROMPTS, cpu={**PROMPTS.cpu, "ingest": 0.0})
    dear = replace(MIXED, cpu={**MIXED.cpu, "ingest": 0.00001})
    found = fit(costs(), (cheaper, dear, replace(OUTPUTS, cpu={**OUTPUTS.cpu, "ingest": 0.0})))
    assert all(figure.value >= 0 for figure in found.services["ingest"].cpu.values())


def test_costs_of_one_run_predict_another() -> None:
    found = fit(costs(), (PROMPTS, OUTPUTS))
    compared = compare(found, MIXED, 1.0, seed=1)
    assert compared.cpu_error == pytest.approx(0, abs=1e-6)
    assert compared.cpu["ingest"] == pytest.approx((0.014475, 0.014475))
    assert predict_cpu(found, MIXED.counts, 5.0, 1.0)["text"] == pytest.approx(0.01)
    assert compared.p50[0] == 0.08
    # Four hops, and some 12 ms of work of a prompt, on cores that a fifth of is used.
    assert 0.05 < compared.p50[1] < 0.15


def test_a_turn_of_the_broker_is_told_from_its_records() -> None:
    made = costs(other={"kafka.turn": 0.02})
    runs = [
        replace(one, cpu={**one.cpu, "kafka": one.cpu["kafka"] + turns(made, one.rate)})
        for one in (PROMPTS, run("prompt", {Kind.PROMPT: 600}, rate=50.0), OUTPUTS)
    ]
    found = fit(costs(), runs)
    # 20 ms for the first, which 50/s share with 2.5 others each.
    assert found.other["kafka.turn"].value == pytest.approx(0.02)
    assert turns(found, 50.0) == pytest.approx(0.02 / 3.5)
    assert found.services["kafka"].cpu[Kind.PROMPT].value == pytest.approx(0.002)
    assert found.services["kafka"].cpu[Kind.OUTPUT].value == pytest.approx(0.004)
    # Rates that do not differ do not tell: the base's figure stays.
    assert fit(made, (PROMPTS, OUTPUTS)).other["kafka.turn"].value == 0.02


def test_work_that_was_not_done_is_not_known() -> None:
    with pytest.raises(ConfigError, match="40% of the decisions were incomplete or missing"):
        fit(costs(), (PROMPTS, replace(OUTPUTS, unfinished=0.4)))


def test_files_that_are_no_good() -> None:
    unsound = load_form("prompt", {Kind.PROMPT: 10})
    unsound["runs"][0] |= {"valid": False, "problems": ["requests were sent late"]}
    unsound["idle_cores"] = {}
    with pytest.raises(ConfigError) as caught:
        read_load(unsound, "load.json")
    assert caught.value.problems == (
        "load.json: the run at 10/s is not valid: requests were sent late",
        "load.json: idle services were not looked at: measure with --idle 20",
    )
    blind = load_form("prompt", {Kind.PROMPT: 10})
    blind["runs"][0]["cpu"] = None
    with pytest.raises(ConfigError, match="does not know what its services used"):
        read_load(blind, "load.json")
    others: Sequence[object] = ([], {}, {"runs": [{}]}, {"runs": 3}, "text")
    for other in others:
        with pytest.raises(ConfigError, match="not the JSON of `sluice load`"):
            read_load(other, "load.json")

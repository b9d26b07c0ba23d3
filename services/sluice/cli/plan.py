"""`sluice plan`: what a rate of requests takes, before anybody rents it."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from sluice.capacity.compare import Compared, compare
from sluice.capacity.costs import MEASURED_MEGAPIXELS, Costs
from sluice.capacity.costs_form import write_costs
from sluice.capacity.demand import Demand
from sluice.capacity.form import plan_form
from sluice.capacity.plan import Plan, make_plan
from sluice.capacity.simulate.result import Simulated, simulate
from sluice.capacity.simulate.scale import slice_of
from sluice.capacity.simulate.shape import Shape, Span
from sluice.cli.plan_compare import compared_form, tell_compared
from sluice.cli.plan_simulated import simulated_form, tell_simulated
from sluice.cli.plan_tell import tell_figures, tell_plan
from sluice.cli.plan_words import find_costs, read_loads, read_prices
from sluice.cli.tell import put_json, refuse, say, wants_json
from sluice.errors import ConfigError
from sluice.load.mix import Mix, MixError

app = typer.Typer(add_completion=False)

_SLICE_RATE: Final = 2000.0
"""Requests a second that are simulated at most: a minute of it takes some ten seconds of a core."""
_WARM_UP: Final = 0.25


@app.command()
def plan(
    rps: Annotated[
        float | None, typer.Option(metavar="R", help="Requests a second of all kinds, on average.")
    ] = None,
    mix: Annotated[
        str, typer.Option(metavar="KIND[=W],...", help="prompt, edit, output with weights.")
    ] = "prompt=0.6,output=0.3,edit=0.1",
    megapixels: Annotated[float, typer.Option(metavar="MP", help="Of a picture.")] = 1.0,
    bytes_per_pixel: Annotated[
        float, typer.Option(metavar="B", help="Of its file: JPEG 0.1 to 0.3, PNG 1 up.")
    ] = 0.2,
    peak_factor: Annotated[float, typer.Option(metavar="X", help="The worst hour over the average.")] = 2.0,
    deadline: Annotated[
        float, typer.Option(metavar="SECONDS", help="By which 95 of 100 decisions are to be made.")
    ] = 10.0,
    busy: Annotated[
        float, typer.Option(metavar="PART", help="Of its cores that a replica may use at the peak.")
    ] = 0.6,
    zones: Annotated[int, typer.Option(metavar="N", help="That replicas are spread over.")] = 3,
    zones_lost: Annotated[int, typer.Option(metavar="N", help="That may fail at the peak.")] = 1,
    replication: Annotated[int, typer.Option(metavar="N", help="Copies of each record.")] = 3,
    headroom: Annotated[int, typer.Option(metavar="N", help="Partitions per needed replica, to grow into.")] = 2,
    partitions: Annotated[int, typer.Option(metavar="N", help="Of each topic. 0: as many as needed.")] = 0,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Models on GPUs. Nobody has measured one: all assumptions.")
    ] = False,
    price: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Such as core-hour=0.03. Repeatable.")
    ] = None,
    costs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Figures to plan by. Default: this release's.")
    ] = None,
    from_load: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Of `sluice load --json`: what it measured replaces figures. Repeatable."),
    ] = None,
    save_costs: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures in use.")] = None,
    check: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Of `sluice load --json`: measured beside predicted. Repeatable."),
    ] = None,
    simulated: Annotated[bool, typer.Option("--simulate", help="Simulate a slice of it, at the peak.")] = False,
    seconds: Annotated[float, typer.Option(min=1, max=86400, help="That are simulated.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulation.")] = 1,
    figures: Annotated[bool, typer.Option("--figures", help="Show every figure that it rests on.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, also on a terminal.")] = False,
) -> None:
    """Say what a rate of requests takes: replicas, partitions, the broker's and the store's traffic, GPUs, a price;
    which figures that rests on, and which of them nobody has measured.

    Exit status: 0 there is a plan, 2 there is none: wrong usage, bad figures, or nothing would be enough.
    """
    try:
        found = find_costs(costs, from_load or (), read_prices(price or ()))
        if save_costs is not None:
            save_costs.write_text(write_costs(found))
        comparisons = [compare(found, run, MEASURED_MEGAPIXELS, seed) for run in read_loads(check or ())]
        demand = None if rps is None else Demand(
            rps, Mix.parse(mix), megapixels, bytes_per_pixel, peak_factor, busy, deadline, zones, zones_lost,
            replication, headroom, partitions, gpu,
        )  # fmt: skip
        planned = None if demand is None else make_plan(found, demand)
    except MixError as error:
        refuse(str(error))
    except ConfigError as error:
        for problem in error.problems[:-1]:
            say(problem)
        refuse(error.problems[-1])
    if planned is None and not comparisons and save_costs is None:
        refuse("say --rps, such as --rps 5000; or --check or --save-costs")
    shape, run = (None, None)
    if simulated and planned is not None:
        shape, run = _simulate(found, planned, seconds, seed)
    if wants_json(as_json):
        put_json(_form(planned, comparisons, shape, run))
        return
    if comparisons:
        tell_compared(sys.stdout, comparisons)
    if planned is not None:
        tell_plan(sys.stdout, planned)
        if shape is not None and run is not None:
            tell_simulated(sys.stdout, planned, shape, run)
        tell_figures(sys.stdout, planned.figures, everything=figures)


def _simulate(costs: Costs, planned: Plan, seconds: float, seed: int) -> tuple[Shape, Simulated]:
    shape = slice_of(costs, planned, _SLICE_RATE)
    return shape, simulate(shape, Span(seconds, seconds * _WARM_UP, seed))


def _form(
    planned: Plan | None, comparisons: list[Compared], shape: Shape | None, run: Simulated | None
) -> dict[str, object]:
    form: dict[str, object] = {} if planned is None else plan_form(planned)
    if comparisons:
        form["check"] = [compared_form(compared) for compared in comparisons]
    if shape is not None and run is not None:
        form["simulation"] = simulated_form(shape, run)
    return form

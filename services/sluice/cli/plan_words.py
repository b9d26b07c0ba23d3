"""What `sluice plan` was asked, as a demand and the costs to plan it by."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sluice.capacity.costs import Costs
from sluice.capacity.costs_file import packaged, read_costs
from sluice.capacity.figure import Basis
from sluice.capacity.fit import fit
from sluice.capacity.load_runs import LoadRun, read_load
from sluice.cli.tell import refuse
from sluice.errors import ConfigError

PRICES: Final[Mapping[str, str]] = {
    "core-hour": "price.core_hour", "gib-hour": "price.gib_hour", "gpu-hour": "price.gpu_hour",
    "disk-gib-month": "price.disk_gib_month", "store-gib-month": "price.store_gib_month",
    "puts-1000": "price.puts_1000", "gets-1000": "price.gets_1000",
}  # fmt: skip
"""Names of prices on the command line and in a costs file."""


def read_prices(words: Sequence[str]) -> Mapping[str, float]:
    """NAME=VALUE, by their names in a costs file. Ends the command for another form."""
    found: dict[str, float] = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if name not in PRICES or not 0 <= number < float("inf"):
            refuse(f"--price {word!r} should be NAME=VALUE, with one of {', '.join(PRICES)}")
        found[PRICES[name]] = number
    return found


def find_costs(file: Path | None, loads: Sequence[Path], prices: Mapping[str, float]) -> Costs:
    """Those of a file, or of this release; with what the loads measured, and somebody's own prices, in their place.

    Raises ConfigError.
    """
    found = packaged() if file is None else read_costs(_read(file), str(file))
    if loads:
        found = fit(found, read_loads(loads))
    own = {
        name: replace(found.other[name], value=value, basis=Basis.ASSUMED, how="said on the command line")
        for name, value in prices.items()
    }
    return replace(found, other={**found.other, **own})


def read_loads(files: Sequence[Path]) -> Sequence[LoadRun]:
    """The runs of some files of `sluice load --json`. Raises ConfigError."""
    found: list[LoadRun] = []
    for file in files:
        try:
            form = json.loads(_read(file))
        except ValueError as error:
            raise ConfigError([f"{file}: not JSON"]) from error
        found += read_load(form, str(file))
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{file}: cannot be read: {type(error).__name__}"]) from error

"""Inferences are timed where somebody asked for it while models were opened."""

import numpy as np
import pytest

from sluice.errors import TerminalError
from sluice.models.engine import Arrays
from sluice.models.timed import timed, timing


class Twice:
    """An engine that doubles, or refuses."""

    async def run(self, inputs: Arrays) -> Arrays:
        if not inputs:
            raise TerminalError("nothing was asked")
        return {name: value * 2 for name, value in inputs.items()}


async def test_each_call_is_told_the_failed_ones_too() -> None:
    told: list[tuple[str, float]] = []
    with timing(lambda name, seconds: told.append((name, seconds))):
        engine = timed(Twice(), "doubler")
    assert (await engine.run({"x": np.array([2])}))["x"] == 4
    with pytest.raises(TerminalError):
        await engine.run({})
    assert [name for name, _ in told] == ["doubler", "doubler"]
    assert all(seconds >= 0 for _, seconds in told)


def test_where_nobody_asked_the_engine_is_as_it_was() -> None:
    engine = Twice()
    with timing(lambda *_: None):
        pass
    assert timed(engine, "doubler") is engine

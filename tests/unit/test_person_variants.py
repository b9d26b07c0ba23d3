"""The variants of a photograph that the benchmark judges."""

import numpy as np
import pytest

from benchmarks.persons.variants import damage, filters
from tests.unit.pictures import photograph

ALL = {**damage(), **filters()}


@pytest.mark.parametrize("name", ALL)
def test_each_is_a_picture_the_same_every_time_and_another_one(name: str) -> None:
    astronaut = photograph("astronaut")
    before = astronaut.copy()
    one, two = ALL[name](astronaut), ALL[name](astronaut)
    assert one.dtype == np.uint8
    assert one.ndim == 3
    assert one.shape[2] == 3
    assert np.array_equal(one, two)
    assert np.array_equal(astronaut, before)
    assert (name == "plain") == np.array_equal(one, astronaut)

"""The chart makes of each value file what was read when it was last changed."""

import pytest

from tests.deploy.chart import CHART, VALUE_FILES
from tests.deploy.golden import FOLDER, differences


@pytest.mark.parametrize("name", VALUE_FILES)
def test_it_is_as_it_was_kept(name: str) -> None:
    """Where this fails and is meant: python -m tests.deploy.golden."""
    found = differences(name)
    assert not found, found[:4000]


def test_there_is_one_for_each_value_file_and_no_other() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(VALUE_FILES)
    used = {file for files in VALUE_FILES.values() for file in files}
    assert used == {path.name for path in CHART.glob("values-*.yaml")}

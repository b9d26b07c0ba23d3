"""How tests are dealt out to several processes, and what every run of them tells."""

from collections.abc import Generator

import pytest

SHARED_STACK = "stack"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `pytest -n 2 --dist loadgroup` a file stays together, for what its tests share is made once; so do all
    tests of the one stack that the integration tests share, which come first because they take longest."""

    def group(item: pytest.Item) -> str:
        return SHARED_STACK if SHARED_STACK in getattr(item, "fixturenames", ()) else item.nodeid.partition("::")[0]

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    # Stable: within a group tests keep their order, and integration tests are longer than unit tests.
    items.sort(key=lambda item: (group(item) != SHARED_STACK, "integration" not in item.path.parts))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """The names of what failed come last of all: where messages are shown whole, the end may be all that is kept."""
    yield
    failed = [report.nodeid for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, ())]
    for name in failed:
        terminalreporter.write_line(f"FAILED {name}")

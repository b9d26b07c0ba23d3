"""What every run of the tests tells."""

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """The names of what failed come last of all: where messages are shown whole, the end may be all that is kept."""
    yield
    failed = [report.nodeid for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, ())]
    for name in failed:
        terminalreporter.write_line(f"FAILED {name}")

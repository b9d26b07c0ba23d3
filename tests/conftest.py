"""How tests are dealt out to several processes, and what every run of them tells."""

from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Of `pytest -n 2`: a file stays together, for what its tests share is made once, and so do all files of
    tests/integration, which share a stack. What has most tests begins first.

    `--dist loadgroup` would say so by marks, and finds none with pytest 9.2 (xdist 3.8 sets a name that pytest no
    longer reads).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name == "integration" else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    """How tests are dealt out."""
    return Together(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """The names of what failed come last of all: where messages are shown whole, the end may be all that is kept."""
    yield
    failed = [report.nodeid for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, ())]
    for name in failed:
        terminalreporter.write_line(f"FAILED {name}")

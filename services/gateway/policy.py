"""The policy that the console explains decisions with. It decides nothing here."""

from pathlib import Path

from sluice.errors import ConfigError
from sluice.policy.model import Policy
from sluice.policy.watch import watched_policy
from sluice.refreshed import Refreshed
from sluice.telemetry.logging import Log


def open_policy(path: Path, log: Log) -> Refreshed[Policy] | None:
    """The file's policy, to be watched; None where there is none that can be read: decisions do without."""
    if not path.is_file():
        return None
    try:
        return watched_policy(path)
    except ConfigError as error:
        log.warning("the console has no policy", detail=error.problems[0], count=len(error.problems))
        return None

"""The policy of a running service: read at start, and again whenever its file says something else."""

from pathlib import Path

from sluice.errors import ConfigError
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.refreshed import Refreshed, Snapshot, Version, snapshot

ABOUT = "policy"


def watched_policy(path: Path, about: str = ABOUT, variable: str = "SLUICE_POLICY") -> Refreshed[Policy]:
    """The policy in a file, for `sluice.host.file_watch`. ConfigError with every problem of the first version.

    `variable`: the one that names the file, for messages.
    """

    def read() -> Snapshot:
        return snapshot([path])

    def found(seen: Snapshot) -> Policy:
        if seen.problems:
            raise ConfigError([f"{problem}; {variable} names the policy file" for problem in seen.problems])
        return load(path, seen.files[path])

    return Refreshed(about, read, found, lambda policy: Version(policy.version, policy.digest))

"""Which policy a command means where none is named."""

from collections.abc import Mapping
from pathlib import Path

from sluice.settings import Reader, default_policy, sluice_home


def policy_in_use(env: Mapping[str, str]) -> Path:
    """SLUICE_POLICY, or the default."""
    return Reader(env).path("SLUICE_POLICY", default_policy(sluice_home(env)))

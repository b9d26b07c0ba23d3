"""The checks of deploy/ say what they lack."""

import os
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from tests.deploy.programs import compose_check


def test_without_go_it_says_what_to_do(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    with pytest.raises(NotReadyError, match="there is no go: install Go"):
        compose_check(env)


def test_what_cannot_be_built_leaves_nothing_behind(tmp_path: Path) -> None:
    env = {**os.environ, "GOFLAGS": "-no-such-flag", "XDG_CACHE_HOME": str(tmp_path)}
    with pytest.raises(NotReadyError, match="no-such-flag"):
        compose_check(env)
    assert [
        path.name for path in (tmp_path / "sluice/deploy-checks").iterdir() if not path.name.startswith(".")
    ] == []

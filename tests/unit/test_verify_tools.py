"""The tools of `make verify-deploy` say what they lack, and are pinned."""

from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from tests.deploy import module_files, tools


def test_without_a_program_it_says_which_command_makes_it(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="there is no kube-apiserver yet: make verify-deploy-tools"):
        tools.program(tools.API_SERVER, {"XDG_CACHE_HOME": str(tmp_path)})


def test_without_go_it_says_what_to_do(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with pytest.raises(NotReadyError, match="there is no go: install Go"):
        tools.build(tools.HELM, env, lambda _: None)


@pytest.mark.parametrize("one", tools.ALL, ids=lambda one: one.name)
def test_a_program_is_pinned_with_all_that_it_is_made_of(one: tools.Program) -> None:
    for source in one.sources:
        assert source.stat().st_size > 0


@pytest.mark.parametrize("files", module_files.ALL, ids=lambda files: files.name)
def test_files_of_modules_are_pinned_by_sum(files: module_files.Files) -> None:
    assert files.sum.startswith("h1:")


def test_what_go_leaves_behind_lies_in_the_cache(tmp_path: Path) -> None:
    env = module_files.go({"XDG_CACHE_HOME": str(tmp_path), "GOFLAGS": "-mod=mod"})
    assert {env[name].startswith(str(tmp_path)) for name in ("GOPATH", "GOMODCACHE", "GOCACHE")} == {True}
    assert env["GOFLAGS"] == "-mod=mod -modcacherw"

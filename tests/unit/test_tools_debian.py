"""Programs out of Debian's packages: found where they are, and a plain word where they cannot be fetched."""

from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from tests import debian, promtool

NOTHING = debian.Packages("Nothing", "nothing", ("no-such-package-anywhere",), "do without")


def program(root: Path) -> Path | None:
    found = root / "usr/bin/nothing"
    return found if found.is_file() else None


def test_what_was_fetched_before_is_not_fetched_again(tmp_path: Path) -> None:
    there = tmp_path / "sluice/nothing/usr/bin/nothing"
    there.parent.mkdir(parents=True)
    there.touch()
    assert debian.ensure(NOTHING, program, {"XDG_CACHE_HOME": str(tmp_path)}) == there


def test_without_apt_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotReadyError, match="there is no apt-get to fetch it with: do without"):
        debian.ensure(NOTHING, program, {"XDG_CACHE_HOME": str(tmp_path)})


def test_a_tool_that_fails_says_so_with_its_status() -> None:
    status, words = promtool.promtool(["check", "rules", "no-such-file.yaml"])
    assert status != 0
    assert "no-such-file.yaml" in words


def test_amtool_reads_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yaml").write_text("route: {receiver: people}\nreceivers: [{name: people}]\n")
    assert promtool.amtool(["check-config", tmp_path / "alertmanager.yaml"])[0] == 0
    (tmp_path / "alertmanager.yaml").write_text("route: {receiver: nobody}\nreceivers: [{name: people}]\n")
    assert promtool.amtool(["check-config", tmp_path / "alertmanager.yaml"])[0] != 0

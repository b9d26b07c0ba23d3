"""Where name lists lie, and what a verdict tells of them."""

from pathlib import Path

import pytest

from sluice.check import Match, ModelInfo
from sluice.errors import ConfigError
from sluice.names.lists import Entry, ListKind, NameList, Term
from sluice.names.matcher import NameMatcher
from sluice.names.opened import about, matches, open_names, read_name_lists
from sluice.refreshed import Version
from sluice.settings import Reader

ROWS = "id,name,aliases,kind,source,note\na1,Ada Example,,public-minor,s,\n"
MINE = NameList("mine", (Entry("a1", ListKind.MINOR, (Term("Ada Example"),), "a test"),))


def test_the_shipped_lists_are_the_default(tmp_path: Path) -> None:
    (folder,) = read_name_lists(Reader({}), tmp_path)
    assert [one.name for one in open_names([folder]).value.lists] == [
        "living-artists",
        "public-figures-opted-out",
        "public-minors",
    ]


def test_files_and_folders_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "mine.csv").write_text(ROWS)
    (tmp_path / "more" / "ours.csv").write_text(ROWS)
    named = f"{tmp_path / 'mine.csv'}, {tmp_path / 'more'}"
    names = open_names(read_name_lists(Reader({"SLUICE_NAME_LISTS": named}), tmp_path)).value
    assert [one.name for one in names.lists] == ["mine", "ours"]


def test_a_list_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file or folder"):
        open_names([tmp_path / "lists"])


def test_what_a_verdict_tells() -> None:
    names = NameMatcher([MINE])
    assert matches(names, ["a red cat", "ADA EXAMPLE"]) == (
        Match("mine", "a1", "public-minor", "name", 0, False, MINE.digest),
    )
    assert [found.method for found in matches(names, ["Ada Example", "Ada Example style"])] == ["style"]
    assert about(names) == ModelInfo("name-lists", names.digest.hex()[:12], names.digest)


def test_lists_are_read_again_and_broken_ones_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(ROWS)
    names = open_names([tmp_path])
    before = names.value
    assert names.version == Version(before.version, before.digest)
    (tmp_path / "ours.csv").write_text(ROWS.replace("a1", "b1"))
    assert names.read().digest != names.digest
    names.adopt(names.read())
    assert [one.name for one in names.value.lists] == ["mine", "ours"]
    file.write_text(f"{ROWS}a2,Ada Example,,nobody,s,\n")
    with pytest.raises(ConfigError, match=r"mine\.csv:3: kind should be one of"):
        names.adopt(names.read())
    file.unlink()
    names.adopt(names.read())
    assert [one.name for one in names.value.lists] == ["ours"]


def test_a_folder_that_is_gone_is_a_broken_list_and_not_a_list_of_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "mine.csv").write_text(ROWS)
    names = open_names([folder])
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="no such file or folder"):
        names.adopt(names.read())
    assert names.value.find("Ada Example") != ()

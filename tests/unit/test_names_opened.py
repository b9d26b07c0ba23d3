"""Where name lists lie, and what a verdict tells of them."""

from pathlib import Path

import pytest

from sluice.check import Match, ModelInfo
from sluice.errors import ConfigError
from sluice.names.lists import Entry, ListKind, NameList, Term
from sluice.names.matcher import NameMatcher
from sluice.names.opened import about, matches, open_names, read_name_lists
from sluice.settings import Reader

ROWS = "id,name,aliases,kind,source,note\na1,Ada Example,,public-minor,s,\n"
MINE = NameList("mine", (Entry("a1", ListKind.MINOR, (Term("Ada Example"),), "a test"),))


def test_the_shipped_lists_are_the_default(tmp_path: Path) -> None:
    (folder,) = read_name_lists(Reader({}), tmp_path)
    assert [one.name for one in open_names([folder]).lists] == [
        "living-artists",
        "public-figures-opted-out",
        "public-minors",
    ]


def test_files_and_folders_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "mine.csv").write_text(ROWS)
    (tmp_path / "more" / "ours.csv").write_text(ROWS)
    named = f"{tmp_path / 'mine.csv'}, {tmp_path / 'more'}"
    names = open_names(read_name_lists(Reader({"SLUICE_NAME_LISTS": named}), tmp_path))
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

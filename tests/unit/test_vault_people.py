"""Two people are two people, however the one writes the name."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.vault.errors import RefusedError
from sluice.vault.people import People, reason, written

ANYBODY = People({})


@pytest.mark.parametrize(
    "other",
    [
        "ann.smith",
        "Ann Smith",
        "  ANN   SMITH ",
        "ann\u00a0smith",
        "ａｎｎ．ｓｍｉｔｈ",
        "ann-smith",
        "annsmith",
        "smith.ann",
        "ann_smith@example.com",
        "Ann.Smith@EXAMPLE.org",
        "ann.smith+two@example.com",
        "a.n.n.smith",
    ],
)
def test_spellings_of_one_person(other: str) -> None:
    assert ANYBODY.same("ann.smith", other)
    assert ANYBODY.same(other, "ann.smith")


@pytest.mark.parametrize("other", ["bob.jones", "ann.smyth", "anna.smith", "bob@example.com"])
def test_other_people(other: str) -> None:
    assert not ANYBODY.same("ann.smith@example.com", other)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "аnn.smith",
        "ann\u200bsmith",
        "ann\x00",
        "ann\u202esmith",
        "root",
        "Reporter",
        "nobody",
        "@example.com",
        ".",
        "x" * 65,
        "ann,smith",
        "ann/smith",
        "josé",
        "a\u0301nn",
    ],
)
def test_names_that_say_nobody_for_sure(name: str) -> None:
    with pytest.raises(RefusedError):
        written(name)


def test_a_roster_knows_what_spelling_does_not(tmp_path: Path) -> None:
    path = tmp_path / "people"
    path.write_text("# who may\n\nann.smith: asmith, a.miller@example.com\nbob.jones:\n")
    people = People.read(path)
    assert people.same("a.miller", "Ann Smith")
    assert not people.same("asmith", "bob.jones")
    assert people.person("ASMITH@example.com") == "ann.smith"
    with pytest.raises(RefusedError, match="not in the roster"):
        people.person("eve")


@pytest.mark.parametrize("text", ["", "# nobody\n", "ann:\nbob: ann\n", "ann: аnn\n", ": x\n"])
def test_rosters_that_say_too_little(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="SLUICE_VAULT_PEOPLE"):
        People.read(path)


def test_without_a_roster_anybody_who_has_a_name() -> None:
    assert People.read(None).person(" Ann.Smith ") == "ann.smith"


def test_a_reason_is_one_printable_line() -> None:
    assert reason("  court   order\n7 ") == "court order 7"
    for why in ("", " \n", "x" * 501, "a\x1b[2Jb", "a\u202eb"):
        with pytest.raises(RefusedError):
            reason(why)

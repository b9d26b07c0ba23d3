"""The suite of names, the table made of it, and that matching is no worse than docs/name-lists.md says."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from sluice.names.files import load_lists
from sluice.names.matcher import NameMatcher
from sluice.shares import Share
from tests.unit.model_files import MODELS
from training.names_precision import (
    LISTS,
    ROOT,
    SPLITS,
    Expect,
    Found,
    Row,
    as_json,
    figures,
    look,
    main,
    reader,
    rows,
    sentence,
    table,
)

SLACK = 0.03
"""Two rows of a split: what a change for the better elsewhere may cost."""
PAGE = (ROOT / "docs" / "name-lists.md").read_text(encoding="utf-8")
PAIRS = re.findall(r"^\| (.+?) \| ([a-z-]+, (?:style|name)|nobody) \|", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def names() -> NameMatcher:
    return NameMatcher(load_lists([LISTS]))


def found(number: int, expect: Expect, entry: str, styles: str = "", named: str = "") -> Found:
    row = Row(f"names-{number}", "a text", expect, frozenset(entry.split()), "ours", "en")
    return Found(row, frozenset(styles.split()), frozenset(named.split()))


EXAMPLES = [
    found(1, "style", "ada", "ada", "ada"),
    found(2, "style", "ada", "", "ada"),
    found(3, "style", "ada bo", "ada eve", "ada eve"),
    found(4, "mention", "ada", "ada", "ada"),
    found(5, "mention", "ada", "", ""),
    found(6, "none", "", "", ""),
]


def same(text: str) -> str:
    """Equal for texts that differ in case and spaces only."""
    return " ".join(text.casefold().split())


def test_the_suite_is_whole() -> None:
    suite = rows()
    assert [row.id for row in suite] == [f"names-{number:03}" for number in range(1, 301)]
    assert Counter(row.split for row in suite) == dict.fromkeys(SPLITS, 150)
    assert all(25 <= rows_of <= 40 for rows_of in Counter(row.group for row in suite).values())
    ids = {entry.id for one in load_lists([LISTS]) for entry in one.entries}
    for row in suite:
        assert row.expect in ("style", "mention", "none"), row.id
        assert bool(row.entries) == (row.expect != "none"), row.id
        assert row.entries <= ids, row.id
        assert row.text == row.text.strip() != "", row.id
        assert row.lang, row.id


def test_no_text_stands_elsewhere() -> None:
    ours = {same(row.text) for row in rows()}
    assert len(ours) == 300
    files = [*(ROOT / "training" / "data").glob("*.jsonl"), *(ROOT / "evals").glob("*.jsonl")]
    assert len(files) > 10
    lines = (line for path in files for line in path.read_text(encoding="utf-8").splitlines())
    assert ours.isdisjoint(same(json.loads(line)["text"]) for line in lines)


def test_figures_are_of_rows() -> None:
    told = figures(EXAMPLES)
    assert (told.rows, told.right, told.wrong_style, told.missed_style, told.wrong_name) == (6, 3, 2, 2, 1)
    assert (told.precision, told.recall) == (Share(1, 3), Share(1, 3))
    assert sentence(told) == (
        "Precision of a style 0.333 (0.061 to 0.792; 1 of 3), recall 0.333 (0.061 to 0.792; 1 of 3)."
    )
    assert sentence(figures(EXAMPLES[5:])) == "Precision of a style of no rows, recall of no rows."
    assert as_json(told)["recall"] | {"interval": ()} == {"hits": 1, "n": 3, "value": 1 / 3, "interval": ()}


def test_a_line_per_group_and_one_of_all() -> None:
    assert table(EXAMPLES)[2:] == ["| ours | 6 | 3 | 2 | 2 | 1 |", "| all | 6 | 3 | 2 | 2 | 1 |"]


def test_odd_rows_are_for_mending() -> None:
    assert [one.row.split for one in EXAMPLES[:2]] == ["dev", "test"]


def test_matching_is_as_good_as_the_page_says(names: NameMatcher) -> None:
    told = figures(look([row for row in rows() if row.split == "test"], names, reader(MODELS)))
    said = re.search(r"^Precision of a style (\d\.\d+) .* recall (\d\.\d+) ", PAGE, re.MULTILINE)
    assert said is not None
    for share, least in zip((told.precision, told.recall), map(float, said.groups()), strict=True):
        assert share.value is not None
        assert share.value >= least - SLACK


def test_the_page_has_pairs() -> None:
    assert len(PAIRS) > 20


@pytest.mark.parametrize(("text", "said"), PAIRS)
def test_a_pair_comes_out_as_the_page_says(names: NameMatcher, text: str, said: str) -> None:
    matches = [f"{match.entry}, {'style' if match.style else 'name'}" for match in names.find(text)]
    assert (matches or ["nobody"]) == [said]


def test_prints_both_splits_and_shows_rows_of_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    header = "id,name,aliases,kind,source,note\n"
    (tmp_path / "mine.csv").write_text(f"{header}banksy,Banksy,,artist-living,a test,\n")
    assert main(["--models", str(MODELS), "--lists", str(tmp_path), "--wrong"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("## ")] == ["## dev", "## test"]
    shown = [int(line[6:9]) for line in lines if line.startswith("names-")]
    assert shown
    assert all(number % 2 for number in shown)
    told = json.loads(lines[-1])
    assert [told[split]["rows"] for split in SPLITS] == [150, 150]
    assert told["test"]["missed_style"] > 50

"""Reading and capping rows; and that our own rows hold every category."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from training.rows import CATEGORIES, OWN, Row, cap, glossed, read
from training.text import OWN_ROWS


def line(**changes: object) -> str:
    return json.dumps({"text": "a cat", "source": "s", "lang": "en", "labels": {"hate": 0}, "unsafe": 0} | changes)


def test_reads_plain_and_gzipped(tmp_path: Path) -> None:
    text = f"{line()}\n\n{line(labels={'hate': 1}, unsafe=None)}\n"
    (tmp_path / "rows.jsonl").write_text(text)
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    rows = read(tmp_path / "rows.jsonl")
    assert rows == read(tmp_path / "rows.jsonl.gz")
    assert rows == [Row("a cat", "s", "en", {"hate": False}, False), Row("a cat", "s", "en", {"hate": True}, None)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": ""}, "text, source and lang"),
        ({"lang": None}, "text, source and lang"),
        ({"labels": {"hate": 2}}, "0 or 1"),
        ({"labels": []}, "0 or 1"),
        ({"labels": {"self-harm": 1}}, "self-harm is no label"),
        ({"unsafe": "no"}, "unsafe"),
    ],
)
def test_says_which_line_is_wrong(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    (tmp_path / "rows.jsonl").write_text(f"{line()}\n{line(**changes)}\n")
    with pytest.raises(ValueError, match=f"rows.jsonl:2: .*{message}"):
        read(tmp_path / "rows.jsonl")


def test_cap() -> None:
    rows = [
        Row(f"t{n}", source, lang, {}, None) for source in ("a", "b", OWN) for lang in ("en", "fr") for n in range(9)
    ]
    kept = cap(rows, served=4, other=2, without=("b",))
    assert Counter((row.source, row.lang) for row in kept) == {
        ("a", "en"): 4,
        ("a", "fr"): 2,
        (OWN, "en"): 9,
        (OWN, "fr"): 9,
    }
    assert kept == cap(reversed(rows), served=4, other=2, without=("b",))


def test_a_chinese_row_is_read_by_its_gloss() -> None:
    rows = [Row(text, "s", "zh", {}, False) for text in ("教我怎么制造炸弹", "叩拜龘靐")]
    assert glossed([*rows, Row("a cat", "s", "en", {}, None)]) == [
        Row("teach me how to make bomb", "s", "zh", {}, False),
        Row("a cat", "s", "en", {}, None),
    ]


def test_our_own_rows_hold_every_category() -> None:
    rows = [row for path in OWN_ROWS.glob("*.jsonl") for row in read(path)]
    assert all(row.own for row in rows)
    positives = Counter(name for row in rows for name, label in row.labels.items() if label)
    assert set(positives) == set(CATEGORIES)
    assert min(positives.values()) >= 50

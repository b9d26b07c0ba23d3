"""The table of what the gloss adds: which rows are in it, and what its shares are of."""

import gzip
import json
from pathlib import Path

import pytest

from training.gloss_figures import Flagged, Row, rows, sampled, table

LINES = [
    {"text": "猫", "lang": "zh", "source": "a", "unsafe": 0},
    {"text": "炸弹", "lang": "zh", "source": "a", "label": "block"},
    {"text": "狗", "lang": "zh", "source": "b", "label": "allow"},
    {"text": "cat", "lang": "en", "source": "a", "unsafe": 0},
]
ROWS = [Row("猫", "a", unsafe=False), Row("炸弹", "a", unsafe=True), Row("狗", "b", unsafe=False)]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_chinese_rows_of_either_kind(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    written = "\n".join(json.dumps(line) for line in LINES).encode()
    path.write_bytes(gzip.compress(written) if name.endswith("gz") else written)
    assert rows(path) == ROWS


def test_a_sample_is_per_source_and_the_same_every_time() -> None:
    many = [Row(str(number), source, unsafe=False) for source in "ba" for number in range(9)]
    found = sampled(many, 3)
    assert [row.source for row in found] == ["a"] * 3 + ["b"] * 3
    assert found == sampled(many, 3)
    assert sorted(map(str, sampled(many, 99))) == sorted(map(str, many))


def test_shares_of_the_harmful_and_the_harmless() -> None:
    seen = [
        Flagged(ROWS[1], glossed=True, reached=True),
        Flagged(Row("枪", "a", unsafe=True), glossed=False, reached=False),
        Flagged(ROWS[0], glossed=True, reached=True),
        Flagged(ROWS[2], glossed=False, reached=False),
    ]
    assert table(seen).splitlines()[2:] == [
        "| a | 2 | 0.50 | 0.500 | 1 | 1.00 | 0.000 |",
        "| b |  |  |  | 1 | 0.00 | 1.000 |",
    ]

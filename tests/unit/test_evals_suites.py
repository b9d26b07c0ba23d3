"""Our own suites in evals/ parse, are labelled as the policy names things, and are trained on nowhere."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sluice.categories import CATEGORIES

ROOT = Path(__file__).parents[2]
SUITES = sorted((ROOT / "evals").glob("*.jsonl"))
COUNTS = {
    "attacks": (60, 60),
    "benign-image-prompts": (500, 0),
    "chat-messages": (100, 100),
    "chinese": (80, 80),
    "contrast-pairs": (200, 200),
    "other-languages": (50, 50),
    "plainly-unsafe-image-prompts": (0, 350),
}
"""Suite -> rows to allow, rows to block, as evals/README.md says."""

PARENTS = {
    "sexual/minors": "sexual",
    "hate/threatening": "hate",
    "harassment/threatening": "harassment",
    "self-harm/intent": "self-harm",
    "self-harm/instructions": "self-harm",
    "violence/graphic": "violence",
    "illicit/violent": "illicit",
}

every_suite = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.stem)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def same(text: str) -> str:
    """Equal for texts that differ in case and spaces only."""
    return " ".join(text.casefold().split())


@every_suite
def test_a_suite_has_the_rows_that_its_readme_says(suite: Path) -> None:
    labels = Counter(row["label"] for row in rows(suite))
    allow, block = COUNTS[suite.stem]
    assert labels == Counter(allow=allow, block=block)
    line = next(line for line in (ROOT / "evals/README.md").read_text().splitlines() if f"`{suite.name}`" in line)
    assert [int(cell) for cell in line.split("|")[2:4]] == [allow, block]


@every_suite
def test_each_row_says_what_it_is(suite: Path) -> None:
    for row in rows(suite):
        assert row["text"] == row["text"].strip() != "", row["id"]
        assert row["source"] == suite.stem, row["id"]
        assert row["area"], row["id"]
        assert row["lang"], row["id"]


@every_suite
def test_rows_to_block_name_categories_of_the_policy_and_rows_to_allow_none(suite: Path) -> None:
    for row in rows(suite):
        expected = row.get("expected_labels", [])
        assert bool(expected) == (row["label"] == "block"), row["id"]
        assert set(expected) <= set(CATEGORIES), row["id"]
        assert {PARENTS[label] for label in expected if label in PARENTS} <= set(expected), row["id"]
        if expected:
            assert row["area"] in expected, row["id"]


def test_ids_and_texts_are_unique_over_all_suites() -> None:
    everything = [row for suite in SUITES for row in rows(suite)]
    assert [id_ for id_, times in Counter(row["id"] for row in everything).items() if times > 1] == []
    assert [text for text, times in Counter(same(row["text"]) for row in everything).items() if times > 1] == []


def test_a_pair_is_one_to_block_and_one_to_allow_of_the_same_area() -> None:
    pairs: dict[int, list[dict[str, Any]]] = {}
    for row in rows(ROOT / "evals/contrast-pairs.jsonl"):
        pairs.setdefault(row["pair"], []).append(row)
    assert sorted(pairs) == list(range(1, 201))
    for number, both in pairs.items():
        assert sorted(row["label"] for row in both) == ["allow", "block"], number
        assert len({row["area"] for row in both}) == 1, number


def test_attacks_disguise_rows_to_block_and_look_alikes_are_to_be_allowed() -> None:
    kinds = {(row["kind"], row["label"]) for row in rows(ROOT / "evals/attacks.jsonl")}
    assert kinds == {("base", "block"), ("lookalike", "allow")}


def test_no_row_is_trained_on() -> None:
    ours = {same(row["text"]): row["id"] for suite in SUITES for row in rows(suite)}
    files = sorted((ROOT / "training/data").glob("*.jsonl"))
    assert files, "no training rows found to compare with"
    trained = {same(row["text"]) for path in files for row in rows(path)}
    assert sorted(ours[text] for text in ours.keys() & trained) == []

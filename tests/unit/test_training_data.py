"""Our own rows in training/data are what training/README.md says: readable, distinct, with source and licence."""

import json
from pathlib import Path

import pytest

from training.rows import CATEGORIES, read

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "training" / "data").glob("*.jsonl"))
README = " ".join((ROOT / "training" / "README.md").read_text(encoding="utf-8").split())


def source_of(path: Path) -> str:
    return "sluice-own" if path.stem == "own" else f"sluice-own-{path.stem}"


def test_the_files_are_there() -> None:
    assert {"own.jsonl", "harmless.jsonl"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_holds_rows_of_its_source_and_licence_as_the_readme_states(path: Path) -> None:
    rows = read(path)
    licences = {json.loads(line)["licence"] for line in path.read_text(encoding="utf-8").splitlines()}
    assert {row.source for row in rows} == {source_of(path)}
    assert licences == {"Apache-2.0"}
    assert f"`training/data/{path.name}`" in README
    assert f"source `{source_of(path)}`, Apache-2.0" in README


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_row_is_unsafe_where_one_of_its_labels_is(path: Path) -> None:
    assert [row.text for row in read(path) if row.unsafe is not any(row.labels.values())] == []


def test_no_text_is_there_twice() -> None:
    texts = [" ".join(row.text.casefold().split()) for path in FILES for row in read(path)]
    assert len(set(texts)) == len(texts)


def test_the_harmless_files_are_harmless_and_as_large_as_stated() -> None:
    prompts, questions = (read(ROOT / "training" / "data" / f"{name}.jsonl") for name in ("harmless", "questions"))
    chinese = sum(row.lang == "zh" for row in prompts)
    assert {row.lang for row in prompts} == {"en", "zh"}
    assert f"holds {len(prompts):,} harmless texts of our own, {chinese} of them Chinese" in README
    assert f"holds {len(questions):,} harmless texts of our own" in README
    assert not any(label for row in [*prompts, *questions] for label in row.labels.values())
    assert all(len(CATEGORIES) - len(row.labels) <= 1 for row in [*prompts, *questions])

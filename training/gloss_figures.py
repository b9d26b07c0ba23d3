"""Chinese, read by its gloss: harmful texts caught and harmless ones let by at 0.5, per source.

    python -m training.gloss_figures --data FILE [--models models] [--sample 300]

Prints the table of docs/models.md, over the Chinese rows of FILE, of training/data and of evals/chinese.jsonl. The
heads were trained on the glosses of FILE and training/data, and the word list was written with them in view, so only
the suite's line (source `chinese`) says what it does on unseen texts.
"""

import argparse
import asyncio
import gzip
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.text.gloss import watched_gloss
from sluice.text.model import TextModel

ROOT = Path(__file__).parents[1]
THRESHOLD = 0.5
SEED = 2
BATCH = 64
"""Texts scored at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A Chinese text, where it is from, and whether it is to be blocked."""

    text: str
    source: str
    unsafe: bool


@dataclass(frozen=True, slots=True)
class Flagged:
    """A row, whether it was glossed, and whether it reaches the threshold."""

    row: Row
    glossed: bool
    reached: bool


def rows(path: Path) -> list[Row]:
    """The Chinese rows of a JSONL file, plain or gzipped: `text`, `lang`, `source`, and `unsafe` or `label`."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines if line.strip()]
    return [
        Row(row["text"], row["source"], bool(row["unsafe"]) if "unsafe" in row else row["label"] == "block")
        for row in found
        if row.get("lang") == "zh"
    ]


def sampled(found: Sequence[Row], most: int) -> list[Row]:
    """At most so many rows of each source, the same ones every time."""
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        by_source[row.source].append(row)
    choose = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    return [row for _, group in sorted(by_source.items()) for row in choose.sample(group, min(most, len(group)))]


async def flagged(model: TextModel, found: Sequence[Row]) -> list[Flagged]:
    """Scores every row in all its readings. Raises what the model raises."""
    seen = []
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        for row, scores in zip(part, await model.score([row.text for row in part]), strict=True):
            seen.append(Flagged(row, watched_gloss(row.text) is not None, max(scores.values()) >= THRESHOLD))
    return seen


def table(seen: Sequence[Flagged]) -> str:
    """A line per source: of its harmful and of its harmless texts how many, the share that has a gloss to score, and
    the share that is judged rightly."""
    by_source: dict[str, list[Flagged]] = defaultdict(list)
    for one in seen:
        by_source[one.row.source].append(one)
    lines = ["| source | harmful | glossed | caught | harmless | glossed | let by |", f"|---{'|--:' * 6}|"]
    for name, group in sorted(by_source.items()):
        cells = [*_cells(group, unsafe=True), *_cells(group, unsafe=False)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(group: Sequence[Flagged], *, unsafe: bool) -> list[str]:
    kept = [one for one in group if one.row.unsafe is unsafe]
    if not kept:
        return [""] * 3
    glossed = sum(one.glossed for one in kept) / len(kept)
    right = sum(one.reached is unsafe for one in kept) / len(kept)
    return [str(len(kept)), f"{glossed:.2f}", f"{right:.3f}"]


def main(arguments: Sequence[str]) -> int:
    """Prints the table; returns 0. Raises NotReadyError where the models are not there."""
    parser = argparse.ArgumentParser(prog="python -m training.gloss_figures", description=__doc__)
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--sample", type=int, default=300)
    asked = parser.parse_args(arguments)
    files = [*asked.data, *sorted((ROOT / "training" / "data").glob("*.jsonl")), ROOT / "evals" / "chinese.jsonl"]
    found = sampled([row for file in files for row in rows(file)], asked.sample)
    sys.stdout.write(table(asyncio.run(flagged(TextModel.open(asked.models), found))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the gloss adds for Chinese: harmful texts caught and harmless ones refused at 0.5, per source.

    python -m training.gloss_figures --data FILE [--models models] [--sample 300]

Prints the table of docs/models.md, over the Chinese rows of FILE, of training/data and of evals/chinese.jsonl. The
Chinese heads were trained on all of these but the suite, so only its line says what they do on unseen texts. The
gloss is read by the heads for English, which have seen none of it.
"""

import argparse
import asyncio
import gzip
import json
import random
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
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
    """Whether a row reaches the threshold: as written, by its gloss alone, and in all its readings."""

    row: Row
    written: bool
    glossed: bool
    read: bool


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
    """Scores every row three times. Raises what the model raises."""
    seen = []
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        said = [watched_gloss(row.text) for row in part]
        written = await model.score_cut([model.windows.cut(row.text) for row in part])
        glossed = await model.score_cut([model.windows.cut(one or "") for one in said])
        read = await model.score([row.text for row in part])
        for row, one, *scores in zip(part, said, written, glossed, read, strict=True):
            as_written, as_glossed, as_read = (_reached(score) for score in scores)
            seen.append(Flagged(row, as_written, one is not None and as_glossed, as_read))
    return seen


def table(seen: Sequence[Flagged]) -> str:
    """A line per source: the share of its harmful texts that are caught and of its harmless ones that are let by,
    by the three readings."""
    by_source: dict[str, list[Flagged]] = defaultdict(list)
    for one in seen:
        by_source[one.row.source].append(one)
    lines = [
        "| source | harmful | caught as written | by the gloss | by all readings "
        "| harmless | let by as written | by the gloss | by all readings |",
        f"|---{'|--:' * 8}|",
    ]
    for name, group in sorted(by_source.items()):
        cells = [*_cells(group, unsafe=True), *_cells(group, unsafe=False)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(group: Sequence[Flagged], *, unsafe: bool) -> list[str]:
    kept = [one for one in group if one.row.unsafe is unsafe]
    if not kept:
        return [""] * 4
    columns = zip(*((one.written, one.glossed, one.read) for one in kept), strict=True)
    return [str(len(kept)), *(f"{sum(value is unsafe for value in column) / len(kept):.3f}" for column in columns)]


def _reached(scores: Mapping[str, float]) -> bool:
    return max(scores.values()) >= THRESHOLD


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

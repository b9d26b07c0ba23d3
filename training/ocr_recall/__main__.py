"""python -m training.ocr_recall [--each 24] [--page docs/image-text.md]"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from sluice.policy.load import load
from sluice.settings import Reader, read_settings
from text_classifier.check import TextClassifier
from text_classifier.image_text import ImageTextClassifier
from training.ocr_recall import fonts
from training.ocr_recall.draw import CHINESE, WAYS, Way
from training.ocr_recall.measure import Judge, Row, Seen, dealt, rows_of
from training.ocr_recall.table import put, table

ROOT = Path(__file__).parents[2]
UNSAFE = ("plainly-unsafe-image-prompts",)
HARMLESS = ("contrast-pairs", "benign-image-prompts")


def main() -> int:
    """Draws, reads, prints the table; with --page puts it there."""
    parser = argparse.ArgumentParser(prog="python -m training.ocr_recall", description=__doc__)
    parser.add_argument("--each", type=int, default=24, help="unsafe texts, and as many harmless ones, per way")
    parser.add_argument("--fonts", type=Path, default=ROOT / ".sluice" / "fonts", help="folder to keep the fonts in")
    parser.add_argument("--page", type=Path, help="page to put the table into")
    given = parser.parse_args()
    fonts.fetch({way.font for way in (*WAYS, *CHINESE)}, given.fonts)
    text = table(asyncio.run(_measure(given.each, given.fonts)))
    sys.stdout.write(f"{text}\n")
    if given.page:
        put(given.page, text)
    return 0


async def _measure(each: int, folder: Path) -> dict[str, list[Seen]]:
    judge = await _judge()
    english = _rows(UNSAFE, allow=False), _rows(HARMLESS, allow=True)
    chinese = _rows(("chinese",), allow=False), _rows(("chinese",), allow=True)
    jobs: list[tuple[Way, tuple[list[Row], list[Row]]]] = [(way, english) for way in WAYS]
    jobs += [(way, chinese) for way in CHINESE]
    seen: dict[str, list[Seen]] = {}
    for number, (way, suites) in enumerate(jobs):
        picked = [pair for rows in suites for pair in dealt(rows, number, each)]
        seen[way.name] = [await judge.see(row, way, folder, place) for place, row in picked]
        sys.stderr.write(f"{way.name}: {len(picked)} pictures\n")
    await judge.check.close()
    return seen


async def _judge() -> Judge:
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": "none"}
    reader = Reader(env)
    settings = read_settings(reader, env)
    check = await ImageTextClassifier.open(settings, Reader(env))
    texts = await TextClassifier.open(settings, Reader(env))
    return Judge(check, texts, load(settings.policy).thresholds["default"])


def _rows(suites: tuple[str, ...], allow: bool) -> list[Row]:
    found = [row for name in suites for row in rows_of(ROOT / "evals" / f"{name}.jsonl")]
    return [row for row in found if row.allow == allow]


if __name__ == "__main__":
    sys.exit(main())

"""How many disguised requests pass: python -m training.attacks

Runs the texts of evals/attacks.jsonl, and the Chinese ones to block of evals/chinese.jsonl, through every disguise,
and writes the tables into docs/attacks.md. Needs the encoder (`sluice models pull minilm`) and the text heads.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.text.folding import fold
from sluice.text.model import TextModel
from sluice.text.seams import seams
from sluice.text.spellings import spellings
from sluice.text.windows import Window
from training.disguises import disguises

ROOT = Path(__file__).resolve().parents[1]
EVALS = ROOT / "evals"
PAGE = ROOT / "docs" / "attacks.md"
BEGIN, END = "<!-- python -m training.attacks writes from here -->", "<!-- to here -->"
LONG = 10_000
"""Characters in a long prompt."""
CARRIERS = 20
"""Long prompts of harmless sentences that are tried."""
READERS = ("as written", "folded", "now")

Reading = list[Window]
Request = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table. `flagged`: for each reader, which of the N requests were caught."""

    group: str
    name: str
    flagged: tuple[tuple[bool, ...], ...]

    def shares(self, passed: bool) -> list[str]:
        """Percent of the requests that passed, or that were caught, by reader."""
        shown = []
        for caught in self.flagged:
            count = sum(caught)
            part = (len(caught) - count if passed else count) / max(1, len(caught))
            shown.append(f"{100 * part:.1f} %" if caught else "-")
        return shown


class Bench:
    """Reads requests in the three ways, and scores every window once."""

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self._caught: dict[Window, bool] = {}

    def read(self, request: Request) -> tuple[Reading, Reading, Reading]:
        """The windows of a request: as written; and folded; and as the service reads it."""
        cut = self._model.windows.cut
        written = [window for text in request for window in cut(text)]
        folded = written + [window for text in request for window in cut(fold(text))]
        now = [window for text in (*request, *seams(request)) for window in self._model.spellings(text)]
        return written, folded, now

    async def caught(self, requests: Sequence[Request]) -> tuple[tuple[bool, ...], ...]:
        """For each reader: whether a category reaches its threshold, for each request."""
        readings = [self.read(request) for request in requests]
        await self._score(window for reading in readings for windows in reading for window in windows)
        return tuple(
            tuple(any(self._caught[window] for window in reading[reader]) for reading in readings)
            for reader in range(len(READERS))
        )

    async def _score(self, windows: Iterable[Window]) -> None:
        new = list(dict.fromkeys(window for window in windows if window not in self._caught))
        for window, scores in zip(new, await self._model.score_cut([[one] for one in new]), strict=True):
            self._caught[window] = any(
                score >= self._model.thresholds[category] for category, score in scores.items()
            )


def rows(path: Path) -> list[Mapping[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


async def attack_lines(bench: Bench, bases: Mapping[str, Sequence[str]]) -> list[Line]:
    """One line for each disguise. `bases`: language -> texts that are caught undisguised."""
    lines = []
    for disguise in disguises():
        chance = random.Random(f"{disguise.group} {disguise.name}")  # noqa: S311 - the same disguise in every run
        requests = [disguise.apply(text, chance) for text in bases[disguise.lang]]
        lines.append(Line(disguise.group, disguise.name, await bench.caught(requests)))
    return lines


def _carrier(calm: Sequence[str], chance: random.Random) -> list[str]:
    """Harmless sentences that make up a text of about LONG characters."""
    shuffled = chance.sample(calm, len(calm))
    sentences: list[str] = []
    while sum(map(len, sentences)) < LONG - 2 * len(sentences):
        sentences.append(shuffled[len(sentences)])
    return sentences


async def long_lines(bench: Bench, bases: Sequence[str], harmless: Sequence[str]) -> list[Line]:
    """A text hidden in a harmless one of 10,000 characters: as a sentence, and in the middle of one."""
    chance = random.Random(LONG)  # noqa: S311 - a sample, not a secret
    _, _, flagged = await bench.caught([(text,) for text in harmless])
    calm = [text.rstrip(".") for text, caught in zip(harmless, flagged, strict=True) if not caught]
    carriers = [_carrier(calm, chance) for _ in range(CARRIERS)]
    alone = await bench.caught([(". ".join(one),) for one in carriers])
    # One that is refused by itself would show nothing of what is hidden in it.
    sentences = next(one for one, caught in zip(carriers, alone[2], strict=True) if not caught)
    words = ". ".join(sentences).split()
    lines = [Line("Long prompt", "harmless texts alone (caught, not passed)", alone)]
    places = [
        ("first sentence", [0] * len(bases)),
        ("a sentence anywhere", [chance.randrange(1, len(sentences)) for _ in bases]),
        ("last sentence", [len(sentences)] * len(bases)),
    ]
    for name, spots in places:
        hidden = [
            (". ".join((*sentences[:at], text, *sentences[at:])),) for text, at in zip(bases, spots, strict=True)
        ]
        lines.append(Line("Long prompt", name, await bench.caught(hidden)))
    inside = [(" ".join((*words[: (at := chance.randrange(len(words)))], text, *words[at:])),) for text in bases]
    lines.append(Line("Long prompt", "in the middle of a sentence, anywhere", await bench.caught(inside)))
    return lines


async def harmless_lines(bench: Bench, suites: Mapping[str, Sequence[str]]) -> list[Line]:
    """How many harmless texts are caught, by suite."""
    return [Line("", name, await bench.caught([(text,) for text in texts])) for name, texts in suites.items()]


def attack_table(lines: Sequence[Line]) -> list[str]:
    """Markdown: the share that passed."""
    out = ["| Disguise | | N | " + " | ".join(READERS) + " |", "|--|--|--:|" + "--:|" * len(READERS)]
    for line in lines:
        passed = line.shares(passed="(caught" not in line.name)
        out.append(f"| {line.group} | {line.name} | {len(line.flagged[0])} | {' | '.join(passed)} |")
    return out


def harmless_table(lines: Sequence[Line], readings: Mapping[str, float]) -> list[str]:
    """Markdown: the share that was caught, and how many readings a text has."""
    out = [
        "| Harmless texts | N | " + " | ".join(READERS) + " | readings a text |",
        "|--|--:|" + "--:|" * len(READERS) + "--:|",
    ]
    for line in lines:
        caught = " | ".join(line.shares(passed=False))
        out.append(f"| {line.name} | {len(line.flagged[0])} | {caught} | {readings[line.name]:.2f} |")
    return out


def cost(texts: Sequence[str], read: Callable[[str], object]) -> float:
    """Microseconds of CPU a text; the best of three rounds."""
    rounds = []
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            read(text)
        rounds.append(time.process_time() - start)
    return 1e6 * min(rounds) / len(texts)


def suites() -> dict[str, list[str]]:
    """Harmless texts by name."""
    return {
        "look-alikes of disguises": [
            row["text"] for row in rows(EVALS / "attacks.jsonl") if row["kind"] == "lookalike"
        ],
        "plain image prompts": [row["text"] for row in rows(EVALS / "benign-image-prompts.jsonl")],
        "harmless texts of the training data": [
            row["text"] for row in rows(ROOT / "training" / "data" / "harmless.jsonl") if row["unsafe"] == 0
        ],
    }


async def measure(model: TextModel) -> list[str]:
    """The lines of the page's measured part."""
    bench = Bench(model)
    harmless = suites()
    texts = {
        "en": [row["text"] for row in rows(EVALS / "attacks.jsonl") if row["kind"] == "base"],
        "zh": [row["text"] for row in rows(EVALS / "chinese.jsonl") if row["label"] == "block"],
    }
    bases = {}
    for lang, found in texts.items():
        # Of Chinese nothing is read as it is written: a gloss of it is.
        undisguised = (await bench.caught([(text,) for text in found]))[2 if lang == "zh" else 0]
        bases[lang] = [text for text, caught in zip(found, undisguised, strict=True) if caught]
    attacks = await attack_lines(bench, bases)
    prompts = harmless["plain image prompts"]
    attacks += await long_lines(bench, bases["en"], prompts)
    told = await harmless_lines(bench, harmless)
    words = model.windows.words
    readings = {name: sum(len(spellings(text, words)) for text in t) / len(t) for name, t in harmless.items()}
    counts = ", ".join(f"{len(bases[lang])} of {len(texts[lang])} ({lang})" for lang in bases)
    return [
        f"Caught undisguised: {counts}.",
        "",
        *attack_table(attacks),
        "",
        *harmless_table(told, readings),
        "",
        f"Folding a plain image prompt takes {cost(prompts, fold):.0f} µs of CPU, finding all its readings "
        f"{cost(prompts, lambda text: spellings(text, words)):.0f} µs.",
    ]


def write(page: Path, lines: Sequence[str]) -> None:
    """Puts the lines between the page's marks. Raises ValueError where it has none."""
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page.name} lacks the marks between which the table goes")
    page.write_text("\n".join((before + BEGIN, "", *lines, "", END + after)), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes. Exit status 0."""
    parser = argparse.ArgumentParser(
        prog="python -m training.attacks", description="How many disguised requests pass."
    )
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the model repository")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that the tables go into")
    chosen = parser.parse_args(arguments)
    lines = asyncio.run(measure(TextModel.open(chosen.models)))
    write(chosen.page, lines)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Reading training data: one JSON object per line, as training/README.md describes it."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluice.text.gloss import gloss

CATEGORIES: Mapping[str, str] = {
    "sexual": "sexual",
    "sexual_minors": "sexual/minors",
    "hate": "hate",
    "harassment": "harassment",
    "violence": "violence",
    "violence_graphic": "violence/graphic",
    "self_harm": "self-harm",
    "extremism": "extremism",
    "illicit": "illicit",
    "jailbreak": "jailbreak",
}
"""Label in the data -> category as policies name it. The order is that of the heads."""

CHINESE = "zh"
SERVED = ("en", CHINESE)
"""The languages that the heads are for."""
OWN = "sluice-own"
"""What the sources of the rows that we wrote begin with; they are never capped."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text. `labels`: label -> yes or no; one that is absent is unknown. `unsafe` is None where unknown."""

    text: str
    source: str
    lang: str
    labels: Mapping[str, bool]
    unsafe: bool | None

    @property
    def own(self) -> bool:
        """Whether we wrote it."""
        return self.source.startswith(OWN)


def read(path: Path) -> list[Row]:
    """The rows of a file, plain or gzipped. Raises ValueError with the line number where one is wrong."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        return [_row(line, f"{path.name}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _row(line: str, where: str) -> Row:
    value = json.loads(line)
    labels, unsafe = value.get("labels"), value.get("unsafe")
    if not all(isinstance(value.get(name), str) and value[name] for name in ("text", "source", "lang")):
        raise ValueError(f"{where}: text, source and lang should be texts")
    if not isinstance(labels, dict) or not set(labels.values()) <= {0, 1}:
        raise ValueError(f"{where}: labels should map labels to 0 or 1")
    if unknown := sorted(labels.keys() - CATEGORIES.keys()):
        raise ValueError(f"{where}: {unknown[0]} is no label")
    if unsafe not in {0, 1, None}:
        raise ValueError(f"{where}: unsafe should be 0, 1 or null")
    known = {name: bool(label) for name, label in labels.items()}
    return Row(value["text"], value["source"], value["lang"], known, None if unsafe is None else bool(unsafe))


def cap(rows: Iterable[Row], served: int, other: int, without: Sequence[str] = (), seed: int = 7) -> list[Row]:
    """A sample in which no source drowns the rest: at most `served` rows of a source in English or Chinese, `other`
    in each further language, none of the sources in `without`. Large sources are full of templates, and more of
    them made the heads worse."""
    shuffled = sorted(rows, key=lambda row: (row.source, row.lang, row.text))
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a sample, not a secret
    counts: Counter[tuple[str, str]] = Counter()
    kept: list[Row] = []
    for row in shuffled:
        most = len(shuffled) if row.own else served if row.lang in SERVED else other
        if row.source not in without and counts[row.source, row.lang] < most:
            counts[row.source, row.lang] += 1
            kept.append(row)
    return kept


def glossed(rows: Iterable[Row]) -> list[Row]:
    """The rows as the service reads them: a Chinese one by its gloss, and not at all where it has none."""
    found: list[Row] = []
    for row in rows:
        text = gloss(row.text) if row.lang == CHINESE else row.text
        if text is not None:
            found.append(replace(row, text=text))
    return found

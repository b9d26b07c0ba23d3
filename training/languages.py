"""How often is a text wrongly called foreign, and how often is a foreign one recognised?

    python -m training.languages --data FILE [--served en] [--translations /usr/share/locale]

Prints the tables of docs/models.md: over the rows of FILE, of training/data and of evals, and, where asked for, over
the messages that the programs on this machine bring along in their users' languages. Needs no model but the
identifier's own. Nothing is trained on these rows; the constants of `sluice.text.language` were set on those of FILE.
"""

import argparse
import gzip
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.text.language import Languages, Serves
from sluice.text.scripts import LATIN, scripts_of, words
from training.messages import messages

ROOT = Path(__file__).parents[1]
LENGTHS = (("under 3", 3.0), ("3-4", 5.0), ("5-8", 9.0), ("9-24", 25.0), ("25+", float("inf")))
"""Columns of a table, and the words that a text of the column stays under."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, the language that its author says it is in, and where it is from."""

    text: str
    lang: str
    source: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A text and what became of it. `length`: a name of `LENGTHS`."""

    text: Text
    unserved: bool
    length: str
    latin: bool


def read(path: Path) -> list[Text]:
    """The rows of a JSONL file, plain or gzipped: `text`, `lang`, `source`."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [Text(row["text"], row["lang"], row["source"]) for row in rows]


def look(texts: Iterable[Text], languages: Languages, served: Sequence[str]) -> list[Seen]:
    """Judges every text."""
    seen = []
    for text in texts:
        found = words(text.text)
        size = sum(word.weight for word in found)
        length = next(name for name, under in LENGTHS if size < under)
        latin = sum(word.script == LATIN for word in found) * 2 > len(found)
        unserved = languages.judge(text.text, served).serves is Serves.UNSERVED
        seen.append(Seen(text, unserved, length, latin))
    return seen


def wrongly(seen: Iterable[Seen]) -> str:
    """Of texts in served languages: a line per source, those with errors first."""
    by_source: dict[str, list[bool]] = defaultdict(list)
    for one in seen:
        by_source[one.text.source].append(one.unserved)
    lines = ["| source | texts | called foreign |", "|---|--:|--:|"]
    for name, found in sorted(by_source.items(), key=lambda item: (-sum(item[1]), -len(item[1]))):
        lines.append(f"| {name} | {len(found)} | {sum(found)} |")
    every = [one for found in by_source.values() for one in found]
    return "\n".join([*lines, f"| all | {len(every)} | {sum(every)} |"])


def recognised(groups: Mapping[str, Iterable[Seen]]) -> str:
    """Of texts in other languages: the share recognised by length in words, and of how many."""
    lines = [f"| language | {' | '.join(name for name, _ in LENGTHS)} |", f"|---{'|--:' * len(LENGTHS)}|"]
    for name, group in groups.items():
        by_length: dict[str, list[bool]] = {column: [] for column, _ in LENGTHS}
        for one in group:
            by_length[one.length].append(one.unserved)
        cells = [f"{sum(found) / len(found):.3f} ({len(found)})" if found else "" for found in by_length.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def by_language(seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    """Groups for `recognised`; a language in letters that are not its own is a group of its own."""
    groups: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        strange = one.latin and LATIN not in scripts_of(one.text.lang)
        groups[f"{one.text.lang}, Latin letters" if strange else one.text.lang].append(one)
    return dict(sorted(groups.items()))


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; returns 0."""
    parser = argparse.ArgumentParser(prog="python -m training.languages", description=__doc__)
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--served", action="append")
    parser.add_argument("--translations", type=Path)
    asked = parser.parse_args(arguments)
    served = asked.served or ["en"]
    files = [
        *asked.data,
        *sorted((ROOT / "training" / "data").glob("*.jsonl")),
        *sorted((ROOT / "evals").glob("*.jsonl")),
    ]
    texts = list(dict.fromkeys(text for file in files for text in read(file)))
    languages = Languages.open()
    before = time.process_time()
    seen = look(texts, languages, served)
    cost = 1000 * (time.process_time() - before) / max(1, len(texts))
    say = sys.stdout.write
    say(f"Served: {', '.join(served)}. {len(texts)} texts, {cost:.2f} ms of CPU time each.\n\n")
    say(wrongly(one for one in seen if one.text.lang in served) + "\n\n")
    say(recognised(by_language(one for one in seen if one.text.lang not in served)) + "\n")
    if asked.translations:
        told = (Text(said, lang, "messages") for lang, said in messages(asked.translations))
        foreign = look((text for text in told if text.lang not in served), languages, served)
        groups = {
            "messages, Latin letters": [one for one in foreign if one.latin],
            "messages, other letters": [one for one in foreign if not one.latin],
        }
        say(f"\nMessages of programs in {len({one.text.lang for one in foreign})} languages.\n\n")
        say(recognised(groups) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

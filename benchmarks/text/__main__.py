"""python -m benchmarks.text: what does a text cost, and what does quantising the encoder change?

Three sides in one run on the same texts, one thread each: our text model as the check uses it; the same over the
encoder in 32 bits; and TF-IDF with logistic regression from scikit-learn, fitted on the rows of our own writing. What
is compared is CPU time, which a busy machine disturbs less than the clock.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from benchmarks.text.inputs import ROOT, Text, inputs
from benchmarks.text.measure import LEVEL, Measured, judged, measure
from benchmarks.text.sides import Ours, Side, TfIdf, agreement
from benchmarks.text.unquantised import unquantised
from sluice.cli.tell import say
from sluice.models.engine import EngineSettings
from sluice.text.model import TextModel
from training.rows import read

OURS, FP32, TFIDF = "text model", "encoder in fp32", "TF-IDF + LR"
_SHORT = {OURS: "ours", FP32: "fp32", TFIDF: "tfidf"}


def main(arguments: Sequence[str]) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__)
    parser.add_argument("--short", type=int, default=400, help="short prompts a round")
    parser.add_argument("--chats", type=int, default=100, help="chat messages a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the model repository")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "out" / "benchmarks", help="where the fp32 encoder is kept"
    )
    wanted = parser.parse_args(arguments)
    encoder = unquantised(wanted.models, wanted.cache)
    with threadpool_limits(1):
        sides = open_sides(wanted.models, encoder)
        kinds = inputs(wanted.short, wanted.chats)
        found = {}
        for kind, texts in kinds.items():
            say(f"{kind}: {len(texts)} a round")
            found[kind] = measure(sides, texts, wanted.rounds)
    report(kinds, found)
    return 0


def open_sides(models: Path, encoder: Path) -> dict[str, Side]:
    """Ours, ours over the encoder as published, and TF-IDF."""
    model = TextModel.open(models, EngineSettings(threads=1))
    rows = [row for path in sorted((ROOT / "training" / "data").glob("*.jsonl")) for row in read(path)]
    say(f"fitting TF-IDF on {len(rows)} rows")
    return {OURS: Ours(model), FP32: Ours.unquantised(model, encoder), TFIDF: TfIdf(rows)}


def report(kinds: Mapping[str, Sequence[Text]], found: Mapping[str, Mapping[str, Measured]]) -> None:
    """The table, the agreement with fp32, then one JSON line."""
    console = Console(width=120)
    table = Table(title="Texts, one thread, medians")
    for name in ("texts", "side", "texts/s", "CPU ms", "per core s", "encoder", "CPU, ours = 1", "caught", "kept"):
        table.add_column(name, justify="right" if name not in {"texts", "side"} else "left")
    result: dict[str, float] = {}
    for kind, measured in found.items():
        key, ours = kind.split()[0], measured[OURS]
        for side, one in measured.items():
            ratio = statistics.median(a / b for a, b in zip(one.cpu, ours.cpu, strict=True))
            caught, kept = judged(one.scores, kinds[kind])
            share = f"{one.encoder_share:.0%}" if one.encoder_share else ""
            speed = (
                f"{one.per_second:,.1f}",
                f"{one.cpu_ms:.3f}",
                f"{1000 / one.cpu_ms:,.0f}",
                share,
                f"{ratio:.2f}",
            )
            table.add_row(kind, side, *speed, *("" if value is None else f"{value:.3f}" for value in (caught, kept)))
            short = f"{key}_{_SHORT[side]}"
            result[f"{short}_per_second"] = round(one.per_second, 2)
            result[f"{short}_cpu_ms"] = round(one.cpu_ms, 4)
            if side != OURS:
                result[f"{short}_cpu_over_ours"] = round(ratio, 3)
        apart = agreement(ours.scores, measured[FP32].scores, LEVEL)
        console.print(
            f"{kind}: int8 and fp32 differ at {LEVEL} in {apart['differing']:.2%} of the texts; "
            f"probabilities by {apart['mean']:.4f} on average, {apart['most']:.3f} at most"
        )
        result |= {f"{key}_int8_{name}": round(value, 5) for name, value in apart.items()}
    console.print(table)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

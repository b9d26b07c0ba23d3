"""Trains the text heads: python -m training.text --data FILE

Reads labelled texts, measures on sources left out, trains on all of them, and writes heads.npz and card.yaml.
Needs the encoder (`sluice models pull minilm`) and the extra `train`.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from sluice.models.repository import folder
from sluice.text.heads import Heads
from sluice.text.model import ENCODER, HEADS_FILE, TOKENIZER_FILE
from sluice.text.windows import Windows
from training import card, reliability, report
from training.calibration import calibrate
from training.rows import CATEGORIES, CHINESE, cap, glossed, read
from training.samples import Samples, prepare, rarity_of
from training.thresholds import choose
from training.validation import fit_network, fit_ngrams, left_out, training_set

Array = npt.NDArray[Any]

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "en"
"""Of the figures. Rows in other languages are trained on too."""
OWN_ROWS = ROOT / "training" / "data"
"""Every .jsonl file in it."""
WITHOUT = ("i2p", "wikipedia-toxicity")
"""Sources that the heads do without: one whose prompts are its users', with labels taken from pictures; and one
whose text is share-alike."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `english`, `other`: rows of a source in English or Chinese, and in each further language."""

    english: int = 1000
    other: int = 150
    units: int = 128
    epochs: int = 10
    without: tuple[str, ...] = WITHOUT


def train(samples: Samples, plan: Plan) -> tuple[Heads, Array, Array]:
    """The heads, their left-out scores [N, C], and the base rates [C]. The same input gives the same heads."""
    network_out, ngrams_out = left_out(samples, plan.units, plan.epochs)
    found = calibrate(samples, network_out, ngrams_out, choose)
    everything = training_set(samples, np.ones(len(samples.row), bool))
    network = fit_network(samples, everything, plan.units, plan.epochs)
    rarity = rarity_of(samples.counts)
    weights, bias = fit_ngrams(samples.weighted(rarity)[everything], samples.labels[everything])
    heads = Heads(
        categories=np.array(list(CATEGORIES.values())),
        hidden=network.hidden,
        hidden_bias=network.hidden_bias,
        output=network.output,
        output_bias=network.output_bias,
        ngrams=weights,
        ngrams_bias=bias,
        rarity=rarity,
        spread=found.spread,
        mix=found.mix,
        slope=found.slope,
        offset=found.offset,
    )
    return heads, found.scores(network_out, ngrams_out), found.base


async def run(data: Sequence[Path], models: Path, out: Path, plan: Plan) -> list[str]:
    """Trains from files and writes `out`. Returns the figures. Raises NotReadyError without the encoder, ValueError
    for a line of data that is wrong."""
    encoder = open_model(models, ENCODER, EngineSettings(threads=2))
    windows = Windows.open(folder(models, encoder.card) / TOKENIZER_FILE)
    rows = cap((row for path in data for row in read(path)), plan.english, plan.other, plan.without)
    rows = glossed(rows)
    samples = await prepare(rows, windows, encoder.engine)
    heads, scores, base = train(samples, plan)
    heads.save(out / "1" / HEADS_FILE)
    found = reliability.by_category(samples, scores, base, LANGUAGE)
    reliability.write(found, LANGUAGE, out / "reliability.svg")
    lines = reliability.lines(found, LANGUAGE) + report.of(samples, scores, LANGUAGE)
    lines += report.overall(samples, scores, CHINESE)
    card.write(out, data, rows, plan.without, {LANGUAGE: base}, lines)
    return lines


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.text", description="Trains the text heads.")
    parser.add_argument("--data", type=Path, required=True, help="JSON lines, plain or .gz; see training/README.md")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the model repository")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "text_heads", help="where the heads go")
    parser.add_argument("--without", nargs="*", default=WITHOUT, help="sources to leave out")
    chosen = parser.parse_args(arguments)
    plan = Plan(without=tuple(chosen.without))
    lines = asyncio.run(run([chosen.data, *sorted(OWN_ROWS.glob("*.jsonl"))], chosen.models, chosen.out, plan))
    sys.stdout.write(report.table("left-out sources, every category blocks at 0.5:", lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The heads beside simpler ones, on sources left out: python -m training.baselines --data FILE

Every model sees the same windows, the same folds of whole sources, and never the source that it is asked about.
English rows of other people's sources count: average precision per category, of "harmful or not" (the highest score,
each category's scores divided by their spread), and the mean over the categories.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from sluice.models.convert.minilm import WIDTH
from sluice.models.engine import EngineSettings
from sluice.models.opened import open_model
from sluice.models.repository import folder
from sluice.text.model import ENCODER, TOKENIZER_FILE
from sluice.text.windows import Windows
from training.calibration import by_row, calibrate
from training.rows import CATEGORIES, cap, glossed, read
from training.samples import Samples, prepare
from training.text import OWN_ROWS, ROOT, Plan
from training.thresholds import choose
from training.validation import FOLDS, LEAST_POSITIVES, folds, left_out, training_set

Array = npt.NDArray[Any]


def compare(samples: Samples, plan: Plan) -> Mapping[str, Array]:
    """Model -> its left-out outputs [N, C]."""
    network, ngrams = left_out(samples, plan.units, plan.epochs)
    last = _last_layer(samples)
    mixed = calibrate(samples, network, ngrams, choose)
    return {
        "words and characters, logistic regression": ngrams,
        "encoder's last layer, logistic regression": last,
        "both, averaged": ngrams / ngrams.std(axis=0) + last / last.std(axis=0),
        "network on four layers": network,
        "network and n-grams, as shipped": mixed.mix * network / mixed.spread[0]
        + (1 - mixed.mix) * ngrams / mixed.spread[1],
    }


def figures(samples: Samples, outputs: Array) -> list[float]:
    """Average precision: harmful or not, the mean over the categories, and each category; NaN where it has none."""
    rows, labels = by_row(samples, outputs / outputs.std(axis=0)), by_row(samples, samples.labels)
    counted = np.array([row.lang == "en" and not row.own for row in samples.rows])
    unsafe = np.array([-1 if row.unsafe is None else int(row.unsafe) for row in samples.rows])
    known = counted & (unsafe >= 0)
    found = []
    for column in range(rows.shape[1]):
        held = counted & (labels[:, column] >= 0)
        truth = labels[held, column]
        enough = LEAST_POSITIVES <= truth.sum() < len(truth)
        found.append(average_precision_score(truth, rows[held, column]) if enough else float("nan"))
    return [average_precision_score(unsafe[known], rows[known].max(axis=1)), float(np.nanmean(found)), *found]


def _last_layer(samples: Samples) -> Array:
    fold = folds(samples.rows)[samples.row]
    vectors = samples.vectors[:, -WIDTH:] * 2
    found = np.zeros(samples.labels.shape, np.float32)
    for number in range(FOLDS):
        out = fold == number
        rest = training_set(samples, ~out)
        for column in range(samples.labels.shape[1]):
            known = rest[samples.labels[rest, column] >= 0]
            model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=200)
            model.fit(vectors[known], samples.labels[known, column])
            found[out, column] = model.decision_function(vectors[out])
    return found


async def _run(data: Path, models: Path) -> None:
    plan = Plan()
    encoder = open_model(models, ENCODER, EngineSettings(threads=2))
    windows = Windows.open(folder(models, encoder.card) / TOKENIZER_FILE)
    paths = [data, *sorted(OWN_ROWS.glob("*.jsonl"))]
    rows = cap((row for path in paths for row in read(path)), plan.english, plan.other, plan.without)
    samples = await prepare(glossed(rows), windows, encoder.engine)
    names = ["harmful or not", "mean", *CATEGORIES.values()]
    found = {name: figures(samples, outputs) for name, outputs in compare(samples, plan).items()}
    sys.stdout.write(f"| | {' | '.join(found)} |\n|--|{'--:|' * len(found)}\n")
    for index, name in enumerate(names):
        sys.stdout.write(f"| {name} | {' | '.join(f'{values[index]:.3f}' for values in found.values())} |\n")


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m training.baselines", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="JSON lines, plain or .gz; see training/README.md")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="the model repository")
    chosen = parser.parse_args(arguments)
    asyncio.run(_run(chosen.data, chosen.models))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Mix, curve and thresholds, all from outputs for sources that were left out.

A score of 0.5 means the same in every category: the point that at most a given share of harmless texts reach. So a
threshold in a policy keeps its meaning when the heads are trained again. Away from that point the log-odds run as
the data say (a logistic regression of the label on the mixed output, both answers weighing the same).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from training.rows import OWN
from training.samples import Samples

Array = npt.NDArray[Any]

IMAGE_PROMPTS = ("vbench", "vbench-long", "t2i-compbench", "coco-captions-1k", "geneval", OWN)
"""Sources of what people ask an image generator for."""
IMAGE_BUDGET = 0.003
"""The share of harmless image prompts that may reach 0.5, per category."""
OTHER_BUDGET = 0.04
"""The same for other harmless English texts, without those in `AFAR`."""
AFAR = ("cyberseceval-frr", "hatecheck")
"""Requests for security programs, and sentences built to quote or deny hate: the hardest harmless texts there are,
and nothing that an image generator is asked for. Keeping to the budget there would cost a quarter of what is caught;
the figures by source show what they pay instead."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SLOPES = (1.0, 3.0)
"""Bounds of the curve's slope. A category with few examples gets a flat or a steep one by chance."""
LEXICONS = ("surge-profanity",)
"""Sources of single words: good to learn from, no measure of texts."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `Heads` needs beside the weights: spread [2, C], and mix, slope, offset [C]."""

    spread: Array
    mix: Array
    slope: Array
    offset: Array

    def scores(self, network: Array, ngrams: Array) -> Array:
        """[N, C] in 0..1."""
        mixed = self.mix * network / self.spread[0] + (1 - self.mix) * ngrams / self.spread[1]
        found: Array = 1 / (1 + np.exp(-np.clip(self.slope * mixed + self.offset, -30, 30)))
        return found


def calibrate(samples: Samples, network: Array, ngrams: Array) -> Calibration:
    """From left-out outputs [N, C]. A category without both answers keeps an even mix and slope 1."""
    spread = np.maximum(np.stack([network.std(axis=0), ngrams.std(axis=0)]), 1e-6)
    equal = (network / spread[0], ngrams / spread[1])
    count = samples.labels.shape[1]
    mix, slope, offset = np.full(count, 0.5), np.ones(count), np.zeros(count)
    image, other = harmless(samples)
    near = np.array([row.source not in AFAR for row in samples.rows])
    groups = (image, other & near)
    texts = np.array([row.source not in LEXICONS for row in samples.rows])[samples.row]
    for column in range(count):
        known = texts & (samples.labels[:, column] >= 0)
        labels = samples.labels[known, column]
        if 0 < labels.sum() < len(labels):
            mix[column] = _best_share(labels, equal[0][known, column], equal[1][known, column])
        mixed = mix[column] * equal[0][:, column] + (1 - mix[column]) * equal[1][:, column]
        if 0 < labels.sum() < len(labels):
            curve = LogisticRegression(C=1e3, class_weight="balanced").fit(mixed[known, None], labels)
            slope[column] = float(np.clip(curve.coef_[0, 0], *SLOPES))
        worst = by_row(samples, mixed[:, None])[:, 0]
        budgets = zip(groups, (IMAGE_BUDGET, OTHER_BUDGET), strict=True)
        points = [np.quantile(worst[group], 1 - budget) for group, budget in budgets if group.any()]
        offset[column] = -slope[column] * max(points, default=0.0)
    return Calibration(*(part.astype(np.float32) for part in (spread, mix, slope, offset)))


def _best_share(labels: Array, network: Array, ngrams: Array) -> float:
    """The network's share with the best average precision; of equals the most even one."""
    found = {share: average_precision_score(labels, share * network + (1 - share) * ngrams) for share in SHARES}
    return max(found, key=lambda share: (round(found[share], 3), -abs(share - 0.5)))


def harmless(samples: Samples) -> Sequence[Array]:
    """Two masks [M] of rows known to be harmless: image prompts, and other English texts."""
    safe = np.array([row.unsafe is False for row in samples.rows])
    image = np.array([row.source in IMAGE_PROMPTS for row in samples.rows])
    english = np.array([row.lang == "en" for row in samples.rows])
    return safe & image, safe & ~image & english


def by_row(samples: Samples, values: Array) -> Array:
    """[M, C] from [N, C]: the highest over a row's samples."""
    starts = np.flatnonzero(np.diff(samples.row, prepend=-1))
    found: Array = np.maximum.reduceat(values, starts, axis=0)
    return found

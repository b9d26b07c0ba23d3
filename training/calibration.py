"""Mix and curve, from outputs for sources that were left out.

A score is a probability: what the data say of a text with this output (a logistic regression of the label on it)
where a certain share of all texts is harmful. That share, the base rate, is chosen per category such that 0.5 lies
where `training.thresholds` says that the category begins to count. So a threshold in a policy keeps its meaning when
the heads are trained again, and the card tells each category's base rate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from training.samples import Samples

Array = npt.NDArray[Any]
Points = Callable[[Samples, Array, str], Array]
"""Samples, outputs [N, C] and a language -> the outputs [C] from which a category counts."""

IMAGE_PROMPTS = ("vbench", "vbench-long", "vbench-zh", "t2i-compbench", "coco-captions-1k", "geneval")
"""Sources of what people ask an image generator for, plainly harmless; our own hold look-alikes as well."""
AFAR = ("cyberseceval-frr", "hatecheck", "sluice-own-scraps")
"""Requests for security programs, and sentences built to quote or deny hate: the hardest harmless texts there are,
and nothing that an image generator is asked for; and scraps of text, which are for learning. They spend nothing of a
budget: keeping to it there would cost a quarter of what is caught. The figures by source show what they pay."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SLOPES = (1.0, 3.0)
"""Bounds of the curve's slope. A category with few examples gets a flat or a steep one by chance."""
LEXICONS = ("surge-profanity",)
"""Sources of single words: good to learn from, no measure of texts."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `Heads` needs beside the weights: spread [2, C]; mix, slope, offset [C]. `base`: the base rates [C]."""

    spread: Array
    mix: Array
    slope: Array
    offset: Array
    base: Array

    def scores(self, network: Array, ngrams: Array) -> Array:
        """[N, C] in 0..1."""
        mixed = self.mix * network / self.spread[0] + (1 - self.mix) * ngrams / self.spread[1]
        return logistic(self.slope * mixed + self.offset)


def calibrate(samples: Samples, network: Array, ngrams: Array, points: Points) -> Calibration:
    """From left-out outputs [N, C]. A category without both answers keeps an even mix and slope 1. `points` chooses
    where each category begins to count."""
    spread = np.maximum(np.stack([network.std(axis=0), ngrams.std(axis=0)]), 1e-6)
    network, ngrams = network / spread[0], ngrams / spread[1]
    counted = texts(samples, "en")
    mix = np.full(samples.labels.shape[1], 0.5)
    for column in range(len(mix)):
        known = counted & (samples.labels[:, column] >= 0)
        labels = samples.labels[known, column]
        if 0 < labels.sum() < len(labels):
            mix[column] = _best_share(labels, network[known, column], ngrams[known, column])
    mixed = mix * network + (1 - mix) * ngrams
    slope, offset, base = curve(samples, mixed, points(samples, mixed, "en"), "en")
    return Calibration(*(part.astype(np.float32) for part in (spread, mix, slope, offset, base)))


def curve(samples: Samples, outputs: Array, points: Array, lang: str) -> tuple[Array, Array, Array]:
    """Slope, offset and base rate [C] of the curves that are 0.5 at `points` [C].

    A logistic regression that weighs both answers alike finds the probability where half of all texts are harmful;
    another share only moves the log-odds (Saerens et al. 2002, "Adjusting the outputs of a classifier to new a priori
    probabilities", Neural Computation 14).
    """
    count = samples.labels.shape[1]
    slope, middle = np.ones(count), np.zeros(count)
    counted = texts(samples, lang)
    for column in range(count):
        known = counted & (samples.labels[:, column] >= 0)
        labels = samples.labels[known, column]
        if 0 < labels.sum() < len(labels):
            fitted = LogisticRegression(C=1e3, class_weight="balanced").fit(outputs[known, column, None], labels)
            slope[column] = float(np.clip(fitted.coef_[0, 0], *SLOPES))
            middle[column] = float(fitted.intercept_[0])
    offset = -slope * points
    return slope.astype(np.float32), offset.astype(np.float32), logistic(offset - middle)


def logistic(values: Array) -> Array:
    """1 / (1 + e^-x), without overflow."""
    found: Array = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return found


def texts(samples: Samples, lang: str) -> Array:
    """[N]: samples of texts in a language; word lists are no texts."""
    chosen: Array = np.array([row.lang == lang and row.source not in LEXICONS for row in samples.rows])[samples.row]
    return chosen


def _best_share(labels: Array, network: Array, ngrams: Array) -> float:
    """The network's share with the best average precision; of equals the most even one."""
    found = {share: average_precision_score(labels, share * network + (1 - share) * ngrams) for share in SHARES}
    return max(found, key=lambda share: (round(found[share], 3), -abs(share - 0.5)))


def harmless(samples: Samples, lang: str) -> tuple[Array, Array]:
    """Two masks [M] of rows known to be harmless: plain image prompts, and other texts but for those in `AFAR`."""
    safe = np.array([row.unsafe is False and row.lang == lang for row in samples.rows])
    image = np.array([row.source in IMAGE_PROMPTS for row in samples.rows])
    afar = np.array([row.source in AFAR for row in samples.rows])
    return safe & image, safe & ~image & ~afar


def by_row(samples: Samples, values: Array) -> Array:
    """[M, C] from [N, C]: the highest over a row's samples."""
    starts = np.flatnonzero(np.diff(samples.row, prepend=-1))
    found: Array = np.maximum.reduceat(values, starts, axis=0)
    return found

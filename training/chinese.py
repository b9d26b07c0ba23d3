"""The heads for Chinese: n-grams alone, since the encoder has learned nothing from it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sluice.text.ngram_heads import NgramHeads
from training.calibration import curve, logistic
from training.rows import CATEGORIES
from training.samples import Samples, rarity_of
from training.thresholds import choose
from training.validation import fit_ngrams, folds

Array = npt.NDArray[Any]

LANGUAGE = "zh"


def left_out(samples: Samples) -> Array:
    """[N, C]: what n-grams say of each sample when its source is left out."""
    fold = folds(samples.rows)[samples.row]
    found = np.zeros(samples.labels.shape, np.float32)
    for number in np.unique(fold):
        out = fold == number
        rarity = rarity_of(samples.counts[~out])
        features = samples.weighted(rarity)
        weights, bias = fit_ngrams(features[~out], samples.labels[~out])
        found[out] = features[out] @ weights + bias
    return found


def train(samples: Samples) -> tuple[NgramHeads, Array, Array]:
    """The heads, their left-out scores [N, C], and the base rates [C]."""
    outputs = left_out(samples)
    slope, offset, base = curve(samples, outputs, choose(samples, outputs, LANGUAGE), LANGUAGE)
    rarity = rarity_of(samples.counts)
    weights, bias = fit_ngrams(samples.weighted(rarity), samples.labels)
    heads = NgramHeads(np.array(list(CATEGORIES.values())), weights, bias, rarity, slope, offset)
    return heads, logistic(slope * outputs + offset), base

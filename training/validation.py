"""Outputs for every sample from heads that never saw its source."""

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from training.network import Network, fit, join
from training.rows import Row
from training.samples import Samples, rarity_of

Array = npt.NDArray[Any]

FOLDS = 5
SEEDS = (0, 1)
FAMILIES = ("vbench", "tldr", "self-instruct", "jailbreakbench", "gptfuzz", "mhc", "hatecheck")
"""Prefixes of sources that share an author or templates and so are left out together."""
LEAST_POSITIVES = 5
THINNING = 2
EMPHASIS = 1
"""How often a row of our own counts in training: they are few, and close to what image generators are asked for."""


def family(source: str) -> str:
    """What is left out together with a source."""
    found = next((name for name in FAMILIES if source.startswith(name)), source)
    return "mhc" if found == "hatecheck" else found


def folds(rows: Sequence[Row]) -> Array:
    """[M]: the fold of each row. A family lies in one fold; our own rows, which no other source resembles, are dealt
    out by their text instead."""
    sizes = Counter(family(row.source) for row in rows if not row.own)
    loads = [0] * FOLDS
    of: dict[str, int] = {}
    for name, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        of[name] = int(np.argmin(loads))
        loads[of[name]] += size
    return np.array([zlib.crc32(row.text.encode()) % FOLDS if row.own else of[family(row.source)] for row in rows])


def training_set(samples: Samples, chosen: Array) -> Array:
    """Indices of the chosen samples: every second of a row that has several, since long harmless texts would swamp
    the rest, and our own ones several times."""
    own = np.array([row.own for row in samples.rows])[samples.row]
    starts = np.flatnonzero(np.diff(samples.row, prepend=-1))
    place = np.arange(len(samples.row)) - starts[samples.row]
    indices: Array = np.flatnonzero(chosen & (place % THINNING == 0))
    return np.repeat(indices, np.where(own[indices], EMPHASIS, 1))


def fit_network(samples: Samples, chosen: Array, units: int, epochs: int) -> Network:
    """The network for these samples, by index: the mean of one per seed."""
    return join([fit(samples.vectors[chosen], samples.labels[chosen], units, epochs, seed) for seed in SEEDS])


def fit_ngrams(features: csr_matrix, labels: Array) -> tuple[Array, Array]:
    """([BUCKETS, C], [C]): a logistic regression per category. One without enough positives stays at zero."""
    weights = np.zeros((features.shape[1], labels.shape[1]), np.float32)
    bias = np.zeros(labels.shape[1], np.float32)
    for column in range(labels.shape[1]):
        known = labels[:, column] >= 0
        if min(np.sum(labels[known, column] == answer) for answer in (0, 1)) < LEAST_POSITIVES:
            continue
        model = LogisticRegression(C=1.0, class_weight="balanced", solver="liblinear", random_state=0)
        model.fit(features[known], labels[known, column])
        weights[:, column] = model.coef_[0]
        bias[column] = model.intercept_[0]
    return weights, bias


def left_out(samples: Samples, units: int, epochs: int) -> tuple[Array, Array]:
    """([N, C], [N, C]): what the network and the n-grams say of each sample when its family is left out."""
    fold = folds(samples.rows)[samples.row]
    network = np.zeros(samples.labels.shape, np.float32)
    ngrams = np.zeros(samples.labels.shape, np.float32)
    for number in range(FOLDS):
        out = fold == number
        if not out.any():
            continue
        rest = training_set(samples, ~out)
        network[out] = fit_network(samples, rest, units, epochs)(samples.vectors[out])
        features = samples.weighted(rarity_of(samples.counts[rest]))
        weights, bias = fit_ngrams(features[rest], samples.labels[rest])
        ngrams[out] = features[out] @ weights + bias
    return network, ngrams

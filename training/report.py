"""The figures of a training run, for the screen and for the card."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from training.calibration import by_row, harmless
from training.rows import CATEGORIES
from training.samples import Samples

Array = npt.NDArray[Any]

LEVEL = 0.5
LEAST_ROWS = 50
"""A source with fewer rows is left out of the table by source."""


def of(samples: Samples, scores: Array, lang: str) -> list[str]:
    """All lines for one language's heads, from left-out scores [N, C]."""
    return overall(samples, scores, lang) + categories(samples, scores, lang) + sources(samples, scores)


def categories(samples: Samples, scores: Array, lang: str) -> list[str]:
    """A line per category, rows of one language: AUPRC beside the share of positives, and what 0.5 catches."""
    rows = by_row(samples, scores)
    labels = by_row(samples, samples.labels)
    spoken = np.array([row.lang == lang for row in samples.rows])
    image, other = harmless(samples, lang)
    lines = []
    for column, name in enumerate(CATEGORIES.values()):
        known = (labels[:, column] >= 0) & spoken
        truth, found = labels[known, column], rows[known, column]
        if not 0 < truth.sum() < len(truth):
            lines.append(f"{lang}, {name}: no left-out source holds both answers")
            continue
        caught = np.mean(found[truth == 1] >= LEVEL)
        any_caught = np.mean(rows[known][truth == 1].max(axis=1) >= LEVEL)
        lines.append(
            f"{lang}, {name}: AUPRC {average_precision_score(truth, found):.3f} (share of positives "
            f"{truth.mean():.3f}, {int(truth.sum())} of {len(truth)}); at 0.5 catches {caught:.3f}, with every "
            f"category {any_caught:.3f}; harmless image prompts at or above 0.5: {_share(rows[image, column])}, "
            f"other harmless: {_share(rows[other, column])}"
        )
    return lines


def sources(samples: Samples, scores: Array) -> list[str]:
    """A line per source and answer: the share decided rightly when every category blocks at 0.5."""
    worst = by_row(samples, scores).max(axis=1)
    keys = [(row.source, row.unsafe) for row in samples.rows]
    lines = []
    for (source, unsafe), count in sorted(Counter(keys).items(), key=str):
        if unsafe is None or count < LEAST_ROWS:
            continue
        chosen = np.array([key == (source, unsafe) for key in keys])
        blocked = float(np.mean(worst[chosen] >= LEVEL))
        name, right = ("not_unsafe", blocked) if unsafe else ("not_overrefuse", 1 - blocked)
        lines.append(f"{source}: {name} {right:.3f} ({count} rows)")
    return lines


def overall(samples: Samples, scores: Array, lang: str) -> list[str]:
    """not_unsafe and not_overrefuse over all left-out rows of a language, and over harmless image prompts."""
    worst = by_row(samples, scores).max(axis=1)
    image, other = harmless(samples, lang)
    own = np.array([row.own for row in samples.rows])
    unsafe = np.array([row.unsafe is True and row.lang == lang for row in samples.rows])
    groups = {
        "not_unsafe, other people's sources": (unsafe & ~own, True),
        "not_unsafe, our own rows": (unsafe & own, True),
        "not_overrefuse, plainly harmless image prompts": (image, False),
        "not_overrefuse, our own look-alikes": (other & own, False),
        "not_overrefuse, other harmless texts": (other & ~own, False),
    }
    return [
        f"{lang}, {name}: {np.mean((worst[mask] >= LEVEL) == blocks):.3f} ({int(mask.sum())} rows)"
        for name, (mask, blocks) in groups.items()
        if mask.any()
    ]


def table(title: str, lines: Sequence[str]) -> str:
    """A title and its lines, for the screen."""
    return "\n".join((title, *(f"  {line}" for line in lines)))


def _share(values: Array) -> str:
    return f"{np.mean(values >= LEVEL):.4f}" if len(values) else "none"

"""From a classifier's labels to our categories and signals, as its card says."""

from collections.abc import Mapping, Sequence

from sluice.errors import TerminalError


def combine(
    groups: Mapping[str, Mapping[str, float]], labels: Sequence[str], probabilities: Sequence[float]
) -> dict[str, float]:
    """Per group the weighted sum of its labels' probabilities, at most 1.

    `probabilities` are in the order of `labels`. Raises TerminalError where they are not numbers from 0 to 1: a score
    that is not a number would compare as "below" every threshold.
    """
    if not all(-1e-3 <= value <= 1 + 1e-3 for value in probabilities):
        raise TerminalError("the model's probabilities are not numbers from 0 to 1")
    found = dict(zip(labels, probabilities, strict=True))
    return {
        group: min(1.0, max(0.0, sum(weight * found[label] for label, weight in weights.items())))
        for group, weights in groups.items()
    }

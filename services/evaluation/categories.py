"""AUPRC and AUROC per category, for rows that say which categories they are of. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.judged import Outcome, risk
from evaluation.ranking import (
    Bools,
    Floats,
    average_precision,
    calibration_error,
    reliability,
    roc_auc,
)
from evaluation.table import Table, number
from evaluation.words import category_of
from sluice.categories import CATEGORIES
from sluice.policy.model import Policy
from sluice.v1.request_pb2 import AgeBand

ANY = "any (by risk)"


@dataclass(frozen=True, slots=True)
class Ranked:
    """The rows that say whether they are of a category and have a score of it. `truth`, `scores`: [rows].

    `unscored`: rows that say so and have no score. `basis`: the columns that say so of those that are.
    """

    category: str
    basis: str
    truth: Bools
    scores: Floats
    unscored: int

    @property
    def both(self) -> bool:
        """Whether there are rows of either kind: without, nothing can be ranked."""
        return bool(self.truth.any()) and not bool(self.truth.all())


def ranked(outcomes: Sequence[Outcome]) -> list[Ranked]:
    """Every category that some row is of.

    A row's labels say so. Of rows without, an area that is called like a category says so of unsafe ones, and safe
    ones are of none; unsafe ones of other areas are left out, as they may be of several categories.
    """
    found = []
    for category in CATEGORIES:
        truths = [_truth(row, category) for row in outcomes]
        if any(truths):
            found.append(_ranked(category, outcomes, truths))
    return found


def ranked_any(outcomes: Sequence[Outcome], policy: Policy) -> Ranked:
    """Safe and unsafe rows by their risk. A row without any score has risk 1 where it was not allowed."""
    chosen = [row for row in outcomes if row.case.unsafe is not None]
    truth = np.array([bool(row.case.unsafe) for row in chosen], np.bool_)
    return Ranked(ANY, "label", truth, np.array([_risk(row, policy) for row in chosen], np.float64), 0)


def categories_table(found: Iterable[Ranked]) -> Table:
    """A line per category."""
    rows = []
    for one in found:
        scored = one.both
        rows.append(
            (
                one.category,
                one.basis,
                str(int(one.truth.sum())),
                str(int((~one.truth).sum())),
                number(average_precision(one.truth, one.scores) if scored else None),
                number(float(one.truth.mean()) if scored else None),
                number(roc_auc(one.truth, one.scores) if scored else None),
                number(calibration_error(reliability(one.truth, one.scores)) if scored else None),
                str(one.unscored),
            )
        )
    columns = (
        "category",
        "from",
        ">N yes",
        ">N no",
        ">AUPRC",
        ">chance",
        ">AUROC",
        ">calibration error",
        ">no score",
    )
    note = (
        "AUPRC is average precision; `chance` is what a score that knows nothing has. `no score`: rows that nobody "
        "scored in the category (the model abstains, or the row could not be processed); they are in no other figure."
    )
    return Table("How well scores rank, by category", columns, rows, note)


def categories_json(found: Iterable[Ranked]) -> list[dict[str, object]]:
    """The same for programs."""
    return [
        {
            "category": one.category,
            "from": one.basis,
            "positives": int(one.truth.sum()),
            "negatives": int((~one.truth).sum()),
            "unscored": one.unscored,
            "auprc": average_precision(one.truth, one.scores) if one.both else None,
            "auroc": roc_auc(one.truth, one.scores) if one.both else None,
            "calibration_error": calibration_error(reliability(one.truth, one.scores)) if one.both else None,
        }
        for one in found
    ]


def _truth(outcome: Outcome, category: str) -> bool | None:
    case = outcome.case
    if case.labels is not None:
        return case.labels.of(category)
    if case.unsafe is False:
        return False
    same = case.unsafe and category_of(case.groups.get("area", "")) == category
    return True if same else None


def _ranked(category: str, outcomes: Sequence[Outcome], truths: Sequence[bool | None]) -> Ranked:
    said = [(truth, row) for truth, row in zip(truths, outcomes, strict=True) if truth is not None]
    pairs = [(truth, row.judged.scores[category]) for truth, row in said if category in row.judged.scores]
    basis = sorted({"area" if row.case.labels is None else "labels" for truth, row in said if truth})
    truth = np.array([truth for truth, _ in pairs], np.bool_)
    scores = np.array([score for _, score in pairs], np.float64)
    return Ranked(category, ", ".join(basis), truth, scores, len(said) - len(pairs))


def _risk(outcome: Outcome, policy: Policy) -> float:
    scores: Mapping[str, float] = outcome.judged.scores
    if not scores:
        return 0.0 if outcome.judged.allowed else 1.0
    band = AgeBand.Name(outcome.case.age_band).removeprefix("AGE_BAND_")
    return risk(scores, policy.thresholds_of(band))

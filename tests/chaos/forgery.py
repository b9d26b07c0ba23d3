"""Verdicts that must not count: copies of verdicts that are in the log already, saying something else. Pure.

A copy lies behind its original, so it is never its check's first; most come after the decision as well.
"""

import random

from sluice.v1.verdict_pb2 import STATUS_ERROR, STATUS_OK, Verdict


def forge(verdict: Verdict, dice: random.Random) -> Verdict:
    """The same check about the same contents record, with another answer."""
    forged = Verdict.FromString(verdict.SerializeToString())
    for result in forged.results:
        harmful = any(score >= 0.5 for score in result.scores.values()) or bool(result.matches)
        if dice.random() < 0.3:
            result.status = STATUS_ERROR if result.status == STATUS_OK else STATUS_OK
        del result.matches[:]
        for category in list(result.scores):
            result.scores[category] = 0.01 if harmful else 0.99
        if not harmful:
            result.matches.add(list="forged", entry="0", kind="csam", method="pdq", test=True)
    return forged

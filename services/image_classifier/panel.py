"""Several picture classifiers asked at once, and one answer made of theirs.

A category's score is the highest that any pack gives: a pack is added to catch what the others miss, and none of them
can talk another's score down. A signal is the one of the first pack that has it: `drawn` of one and `photoreal` of
another would not add up.
"""

import asyncio
from collections.abc import Sequence

from sluice.categories import CSAM
from sluice.errors import NotReadyError, TerminalError
from sluice.models import classify, fit
from sluice.models.classify import Reading
from sluice.models.opened import Model
from sluice.pixels import Rgb


class Panel:
    """The packs, in the order of the configuration."""

    def __init__(self, packs: Sequence[Model]) -> None:
        """Raises NotReadyError for a model that is no picture classifier, and for one that has its own place."""
        self.packs = tuple(packs)
        self._contracts = [classify.contract_of(pack.card) for pack in packs]
        for pack in packs:
            if CSAM in pack.card.scores:
                raise NotReadyError(
                    f"{pack.card.name} has a score {CSAM}: name it in SLUICE_CSAM_PACK, not in SLUICE_IMAGE_PACKS"
                )

    @property
    def categories(self) -> frozenset[str]:
        """What some pack has a score for."""
        return frozenset(category for pack in self.packs for category in pack.card.scores)

    async def read(self, pictures: Sequence[Rgb], canaries: Sequence[str | None]) -> list[Reading | TerminalError]:
        """Per picture what all packs together say, or why one of them said nothing that counts.

        `canaries`: per picture the name of the golden picture that it is; its outputs are then compared with every
        card. Pictures are resized once for each contract. Raises RetryableError or TerminalError where an engine
        fails.
        """
        if not pictures:
            return []
        distinct = list(dict.fromkeys(self._contracts))
        fitted = await asyncio.gather(*(asyncio.to_thread(fit.batch, pictures, contract) for contract in distinct))
        pixels = dict(zip(distinct, fitted, strict=True))
        asked = zip(self.packs, self._contracts, strict=True)
        rows = await asyncio.gather(*(classify.rows(pack, pixels[contract]) for pack, contract in asked))
        return [self._judge([each[at] for each in rows], canaries[at]) for at in range(len(pictures))]

    def _judge(self, rows: Sequence[Sequence[float]], canary: str | None) -> Reading | TerminalError:
        readings = []
        try:
            for pack, row in zip(self.packs, rows, strict=True):
                if canary is not None:
                    classify.compare_golden(pack.card, canary, row)
                readings.append(classify.reading(pack.card, row))
        except TerminalError as error:
            return error
        return merge(readings)


def merge(readings: Sequence[Reading]) -> Reading:
    """The highest score per category, and each signal from the first that has it."""
    scores: dict[str, float] = {}
    signals: dict[str, float] = {}
    for reading in readings:
        for category, score in reading.scores.items():
            scores[category] = max(score, scores.get(category, 0.0))
        for name, value in reading.signals.items():
            signals.setdefault(name, value)
    return Reading(scores, signals)
